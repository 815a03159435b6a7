import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { InvalidDefinition } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { parseWorkflow } from '../../../core/workflow/parse.ts';
import { issuesOf } from './refusal.ts';

/** Parents of each task, always among those before it. */
const dag = fc
  .integer({ min: 2, max: 40 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.uniqueArray(fc.nat({ max: Math.max(0, index - 1) }), { maxLength: index === 0 ? 0 : 4 }),
      ),
    ),
  );
const shuffled = (parents: number[][]) =>
  fc
    .shuffledSubarray([...parents.keys()], { minLength: parents.length, maxLength: parents.length })
    .map((order) => ({ parents, order }));

const workflowOf = (parents: number[][], order: number[]): JsonObject => ({
  name: 'generated',
  tasks: order.map((index) => ({
    id: `t${index}`,
    type: 'pass',
    dependsOn: parents[index]!.map((parent, place) =>
      place % 2 === 0 ? `t${parent}` : { task: `t${parent}`, on: 'always' },
    ),
  })),
});

describe('generated graphs', () => {
  it('without a cycle are accepted, in any order of writing', () => {
    fc.assert(
      fc.property(dag.chain(shuffled), ({ parents, order }) => {
        const { tasks } = parseWorkflow(workflowOf(parents, order));
        expect(tasks.map(({ id }) => id)).toEqual(order.map((index) => `t${index}`));
      }),
    );
  });

  it('with an edge back are refused with a cycle that is there', () => {
    fc.assert(
      fc.property(dag.chain(shuffled), fc.nat(), ({ parents, order }, pick) => {
        // Some task and one that it waits for, however far above.
        const from = parents.findLastIndex((list) => list.length > 0);
        fc.pre(from !== -1);
        let ancestor = from;
        for (let step = 0; parents[ancestor]!.length > 0 && (step === 0 || step < pick % 10); step++)
          ancestor = parents[ancestor]![pick % parents[ancestor]!.length]!;
        const looped = parents.map((list, index) => (index === ancestor ? [...list, from] : list));
        const [issue] = issuesOf(workflowOf(looped, order));
        const cycle = /wait for each other: (.*)\.$/
          .exec(issue!.message)![1]!
          .split(' -> ')
          .map((id) => Number(id.slice(1)));
        expect(cycle.length).toBeGreaterThan(2);
        expect(cycle[0]).toBe(cycle.at(-1));
        for (let at = 1; at < cycle.length; at++) expect(looped[cycle[at]!]).toContain(cycle[at - 1]);
      }),
    );
  });

  it('accept a read of another task exactly when that one is an ancestor', () => {
    fc.assert(
      fc.property(dag, fc.nat(), fc.nat(), (parents, first, second) => {
        const reader = first % parents.length;
        const target = second % parents.length;
        const document = workflowOf(parents, [...parents.keys()]);
        ((document.tasks as JsonObject[])[reader] as JsonObject).input = `\${t${target}.output}`;
        const ancestors = new Set<number>();
        const visit = (index: number): void =>
          parents[index]!.forEach((parent) => (ancestors.add(parent), visit(parent)));
        visit(reader);
        if (ancestors.has(target)) parseWorkflow(document);
        else
          expect(issuesOf(document)[0]!.message).toContain(
            `reads the task "t${target}", which may not have ended`,
          );
      }),
      { numRuns: 200 },
    );
  });
});

const identifier = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const setting = fc.record(
  {
    description: fc.string(),
    timeoutMs: fc.integer({ min: 1, max: 1e9 }),
    priority: fc.integer({ min: -1000, max: 1000 }),
    critical: fc.boolean(),
    alwaysRun: fc.boolean(),
    condition: fc.constantFrom('true', 'n > 1', '${n = 2}'),
    input: fc
      .jsonValue({ maxDepth: 2 })
      .filter((value) => !JSON.stringify(value).match(/\$\{|__proto__|constructor|prototype/)),
    retry: fc.record({
      maxAttempts: fc.integer({ min: 1, max: 9 }),
      delayMs: fc.nat(1000),
      jitter: fc.constantFrom('none', 'full', 'equal'),
    }),
  },
  { requiredKeys: [] },
);
const document = fc
  .record({
    name: identifier,
    tasks: fc.uniqueArray(fc.tuple(identifier, setting), {
      minLength: 1,
      maxLength: 8,
      selector: ([id]) => id,
    }),
  })
  .map(({ name, tasks }) => ({
    name,
    variables: { n: 2 },
    tasks: tasks.map(([id, settings], index) => ({
      id,
      type: 'pass',
      ...settings,
      ...(index > 1 && { dependsOn: [tasks[0]![0]], triggeredBy: [{ task: tasks[1]![0], on: 'failure' }] }),
    })),
  }));

describe('normalising', () => {
  it('leaves a canonical definition as it is, as an object, as JSON and as YAML', () => {
    fc.assert(
      fc.property(document, (source) => {
        const canonical = parseWorkflow(source as unknown as JsonObject);
        expect(parseWorkflow(canonical as unknown as JsonObject)).toEqual(canonical);
        expect(parseWorkflow(JSON.stringify(canonical, null, 2))).toEqual(canonical);
        expect(parseWorkflow(stringify(canonical), { format: 'yaml' })).toEqual(canonical);
      }),
    );
  });
});

/** Documents that are nearly right: real fields with values of any kind. */
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    'a',
    'b',
    '${',
    '${a}',
    '${a.output +}',
    '${$eval("1")}',
    'a -> b',
    '1h',
    'condition',
    'map',
    'parallel',
    'wait',
    'exec',
    null,
  ),
);
const oddTask = fc.dictionary(
  fc.constantFrom(
    'id',
    'name',
    'type',
    'input',
    'config',
    'dependsOn',
    'on_success',
    'then',
    'always_run',
    'condition',
    'retry',
    'timeout',
    'agent_type',
    'action',
    'odd',
  ),
  oddValue,
);
const oddDocument = fc.dictionary(
  fc.constantFrom(
    'name',
    'id',
    'version',
    'variables',
    'metadata',
    'output',
    'on_error',
    'tasks',
    'steps',
    'jobs',
    'workflow',
    'definition',
  ),
  fc.oneof(
    oddValue,
    fc.array(oddTask, { maxLength: 4 }),
    fc.record({ name: fc.string(), tasks: fc.array(oddTask, { maxLength: 3 }) }),
  ),
);

const acceptsOrRefuses = (source: string | JsonObject, format?: 'json' | 'yaml') => {
  try {
    parseWorkflow(source, { format });
  } catch (error) {
    if (!(error instanceof InvalidDefinition)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    for (const issue of error.issues) expect(issue.message && issue.fix && issue.path).toBeTruthy();
  }
};

describe('fuzzed documents', () => {
  it('are accepted or refused with InvalidDefinition, never anything else', () => {
    fc.assert(
      fc.property(oddDocument, (source) => acceptsOrRefuses(source as JsonObject)),
      { numRuns: 1000 },
    );
  });

  it('are the same as text', () => {
    fc.assert(
      fc.property(oddDocument, (source) => {
        acceptsOrRefuses(JSON.stringify(source), 'json');
        acceptsOrRefuses(stringify(source), 'yaml');
      }),
      { numRuns: 200 },
    );
  });

  it('may be any text', () => {
    const yamlish = fc.stringMatching(/^[-a-c:,{}[\]"'#&*!|>%@`?~.\n\t 0-9$]{0,60}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), yamlish), (text) => acceptsOrRefuses(text)),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(yamlish, (text) => acceptsOrRefuses(text, 'json')),
      { numRuns: 200 },
    );
  });

  it('read as JSON give what JSON.parse gives, and as YAML what the YAML parser gives', () => {
    const metadata = fc
      .dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.jsonValue({ maxDepth: 3 }))
      .filter((value) => !/__proto__|constructor|prototype/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(metadata, (value) => {
        const source = { name: 'x', metadata: value, tasks: [{ id: 'a', type: 'pass' }] };
        const json = JSON.stringify(source);
        expect(parseWorkflow(json).metadata).toEqual((JSON.parse(json) as typeof source).metadata);
        const yaml = stringify(source);
        // YAML knows a zero below zero; JSON, which all is kept as, does not.
        const kept = JSON.parse(JSON.stringify(parseYaml(yaml))) as typeof source;
        expect(parseWorkflow(yaml, { format: 'yaml' }).metadata).toEqual(kept.metadata);
      }),
    );
  });
});
