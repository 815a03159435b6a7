import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import type { TaskDefinition } from '../../../core/workflow/definition.ts';
import { parseWorkflow } from '../../../core/workflow/parse.ts';

const edges = ({ dependsOn, triggeredBy }: TaskDefinition) => [
  ...dependsOn.map(({ task, on }) => `${task} ${on}`),
  ...triggeredBy.map(({ task, on }) => `or ${task} ${on}`),
];
const graphOf = (document: string | object) =>
  Object.fromEntries(parseWorkflow(document).tasks.map((task) => [task.id, edges(task)]));
const taskOf = (task: JsonObject) =>
  parseWorkflow({ name: 'x', tasks: [{ id: 'a', type: 'pass', ...task }] }).tasks[0]!;

describe('the tasks form', () => {
  it('takes names as ids, and dependencies by any spelling', () => {
    for (const spelling of ['dependencies', 'depends_on', 'dependsOn', 'needs']) {
      const tasks = [
        { name: 'collect', type: 'pass' },
        { name: 'process', type: 'pass', [spelling]: ['collect'] },
      ];
      expect(graphOf({ name: 'x', tasks })).toEqual({ collect: [], process: ['collect success'] });
    }
  });

  it('takes one dependency as text, and one with an outcome as an object', () => {
    const tasks = [
      { id: 'a', type: 'pass' },
      { id: 'b', type: 'pass', dependsOn: 'a' },
      { id: 'c', type: 'pass', dependsOn: { task: 'a', on: 'failure' } },
      { id: 'd', type: 'pass', needs: ['b', { task: 'c', on: 'completed' }] },
    ];
    expect(graphOf({ name: 'x', tasks })).toEqual({
      a: [],
      b: ['a success'],
      c: ['a failure'],
      d: ['b success', 'c always'],
    });
  });

  it('makes an id of a name that is not one, and finds it by either', () => {
    const tasks = [
      { name: 'Fetch the data!', type: 'pass' },
      { id: 'b', type: 'pass', dependsOn: ['Fetch the data!'] },
      { id: 'c', type: 'pass', dependsOn: ['fetch-the-data'] },
    ];
    const { tasks: parsed } = parseWorkflow({ name: 'x', tasks });
    expect(parsed[0]).toMatchObject({ id: 'fetch-the-data', name: 'Fetch the data!' });
    expect(parsed.slice(1).map(edges)).toEqual([['fetch-the-data success'], ['fetch-the-data success']]);
  });

  it('keeps an edge once that is given twice', () => {
    const tasks = [
      { id: 'a', type: 'pass' },
      { id: 'b', type: 'pass', dependsOn: ['a', 'a'] },
    ];
    expect(graphOf({ name: 'x', tasks }).b).toEqual(['a success']);
  });

  it('makes an agent the type, and keeps its action and parameters as input', () => {
    const tasks = [{ id: 'a', agent_type: 'browser', action: 'navigate', parameters: { url: 'x' } }];
    expect(parseWorkflow({ name: 'x', tasks }).tasks[0]).toMatchObject({
      type: 'browser',
      input: { action: 'navigate', parameters: { url: 'x' } },
    });
  });

  it('takes the input by any of its names', () => {
    for (const name of ['input', 'parameters', 'payload', 'config', 'with'])
      expect(taskOf({ [name]: { n: 1 } }).input).toEqual({ n: 1 });
  });
});

describe('the jobs form', () => {
  it('sets jobs off by on_success and on_failure, as text or list', () => {
    const jobs = [
      { id: 'validate', type: 'validation', on_success: 'process', on_failure: ['alert', 'log'] },
      { id: 'process', type: 'processing' },
      { id: 'alert', type: 'integration' },
      { id: 'log', type: 'integration' },
    ];
    expect(graphOf({ workflow: { name: 'x', jobs } })).toEqual({
      validate: [],
      process: ['or validate success'],
      alert: ['or validate failure'],
      log: ['or validate failure'],
    });
  });

  it('lets a job with always_run and no edge wait for every job that has not', () => {
    const jobs = [
      { id: 'a', type: 'pass', on_success: 'b' },
      { id: 'b', type: 'pass' },
      { id: 'tidy', type: 'cleanup', always_run: true },
      { id: 'tell', type: 'pass', always_run: true, depends_on: ['tidy'] },
    ];
    expect(graphOf({ name: 'x', jobs })).toMatchObject({
      tidy: ['a always', 'b always'],
      tell: ['tidy success'],
    });
  });
});

describe('always_run', () => {
  it('waits for nothing that comes after a task which waits for all', () => {
    const tasks = [
      { id: 'a', type: 'pass' },
      { id: 'first', type: 'pass', always_run: true },
      { id: 'second', type: 'pass', always_run: true },
      { id: 'b', type: 'pass', needs: 'first' },
      { id: 'c', type: 'pass', needs: 'second' },
    ];
    expect(graphOf({ name: 'x', tasks })).toMatchObject({ first: ['a always'], second: ['a always'] });
  });
});

describe('the steps form', () => {
  const steps = (...list: object[]) => ({ name: 'Data Processing Pipeline', steps: list });

  it('runs steps in the order written, with ids and types from their names', () => {
    const workflow = parseWorkflow(
      steps(
        { name: 'Validate Data', type: 'task' },
        { name: 'Transform Data', type: 'task' },
        { name: 'Store' },
      ),
    );
    expect(workflow).toMatchObject({ name: 'data-processing-pipeline', title: 'Data Processing Pipeline' });
    expect(workflow.tasks.map(({ id, name, type }) => [id, name, type])).toEqual([
      ['validate-data', 'Validate Data', 'validate-data'],
      ['transform-data', 'Transform Data', 'transform-data'],
      ['Store', undefined, 'store'],
    ]);
    expect(workflow.tasks.map(edges)).toEqual([[], ['validate-data success'], ['transform-data success']]);
  });

  it('takes the type from the action, and the limit of a step out of its config', () => {
    const [task] = parseWorkflow(
      steps({
        name: 'Model Training',
        type: 'task',
        config: { action: 'train_model', timeout: 3600000, rounds: 3 },
      }),
    ).tasks;
    expect(task).toMatchObject({ type: 'train_model', timeoutMs: 3_600_000, input: { rounds: 3 } });
  });

  it('leaves steps alone that say what they depend on', () => {
    const graph = graphOf(
      steps(
        { id: 'a', type: 'pass' },
        { id: 'b', type: 'pass' },
        { id: 'c', type: 'pass', depends_on: ['a'] },
        { id: 'd', type: 'pass' },
      ),
    );
    expect(graph).toEqual({ a: [], b: ['a success'], c: ['a success'], d: ['c success'] });
  });

  it('goes on after the branches of a condition with whichever ran', () => {
    const graph = graphOf(
      steps(
        { id: 'ask', type: 'condition', condition: 'true', thenTasks: ['yes'], else: ['no'] },
        { id: 'yes', type: 'pass' },
        { id: 'no', type: 'pass' },
        { id: 'after', type: 'pass' },
      ),
    );
    expect(graph).toMatchObject({
      yes: ['or ask success'],
      no: ['or ask failure'],
      after: ['or yes success', 'or no success'],
    });
  });
});

describe('the template form', () => {
  const template = (outer: object, inner: object) =>
    parseWorkflow({
      id: 'my-workflow',
      name: 'My Workflow',
      ...outer,
      workflow: { id: 'inner', name: 'Inner', tasks: [{ id: 'a', type: 'pass' }], ...inner },
    });

  it('is named by the outer document and keeps the inner names as metadata', () => {
    expect(template({ category: 'data-science', version: '1.0' }, { timeout: 3600 })).toMatchObject({
      name: 'my-workflow',
      title: 'My Workflow',
      category: 'data-science',
      label: '1.0',
      timeoutMs: 3_600_000,
      metadata: { workflowId: 'inner', workflowName: 'Inner' },
    });
  });

  it('keeps the declaration of a variable that the inner workflow only passes on', () => {
    const variables = [{ name: 'limit', type: 'integer', required: true, default: 5 }];
    const workflow = template({ variables }, { variables: { limit: '${limit}', extra: 'x' } });
    expect(workflow.variables).toEqual([
      { name: 'limit', type: 'integer', required: true, default: 5 },
      { name: 'extra', type: 'any', required: false, default: 'x' },
    ]);
  });

  it('takes a definition wrapped by that name', () => {
    const document = { name: 'x', definition: { on_error: 'continue', tasks: [{ id: 'a', type: 'pass' }] } };
    expect(parseWorkflow(document).tasks[0]!.critical).toBe(false);
  });
});

describe('conditions', () => {
  it('makes a condition task of a task with branches and nothing else', () => {
    const tasks = [
      { id: 'check', condition: 'vars.n > 1', thenTasks: ['a'], elseTasks: ['b'] },
      { id: 'a', type: 'pass' },
      { id: 'b', type: 'pass' },
    ];
    const workflow = parseWorkflow({ name: 'x', variables: { n: 1 }, tasks });
    expect(workflow.tasks[0]).toMatchObject({ type: 'condition', condition: 'vars.n > 1' });
    expect(workflow.tasks.slice(1).map(edges)).toEqual([['or check success'], ['or check failure']]);
  });

  it('takes then and else for its branches', () => {
    const lines = [
      '{id: ask, type: condition, condition: "true", then: yes, else: [no]}',
      '{id: yes, type: pass}',
      '{id: no, type: pass}',
    ];
    const text = ['name: x', 'tasks:', ...lines.map((line) => `  - ${line}`)].join('\n');
    expect(graphOf(text)).toEqual({ ask: [], yes: ['or ask success'], no: ['or ask failure'] });
  });

  it('guards any other task', () => {
    expect(taskOf({ condition: 'true' })).toMatchObject({ type: 'pass', condition: 'true' });
    expect(taskOf({ condition: false }).condition).toBe('false');
  });
});

describe('settings', () => {
  it('reads durations with their unit', () => {
    for (const [text, ms] of [
      ['30s', 30_000],
      ['5m', 300_000],
      ['1h30m', 5_400_000],
      ['250ms', 250],
      ['1.5 h', 5_400_000],
      ['2d', 172_800_000],
    ])
      expect(taskOf({ timeout: text! }).timeoutMs).toBe(ms);
    expect(taskOf({ timeoutSeconds: 2, heartbeat: '1s' })).toMatchObject({
      timeoutMs: 2000,
      heartbeatMs: 1000,
    });
  });

  it('takes bare numbers as the form means them: ms in camelCase, seconds in snake_case', () => {
    const timeoutOf = (document: object) => parseWorkflow(document).tasks.at(-1)!.timeoutMs;
    const a = { id: 'a', type: 'pass' };
    const b = { id: 'b', type: 'pass', timeout: 60 };
    expect(timeoutOf({ name: 'x', tasks: [a, b] })).toBe(60);
    expect(timeoutOf({ name: 'x', tasks: [a, { ...b, dependsOn: 'a' }] })).toBe(60);
    expect(timeoutOf({ name: 'x', tasks: [a, { ...b, depends_on: 'a' }] })).toBe(60_000);
    expect(timeoutOf({ workflow: { name: 'x', tasks: [a, b] } })).toBe(60_000);
    expect(timeoutOf({ workflow: { name: 'x', tasks: [a, { ...b, dependsOn: 'a' }] } })).toBe(60);
    expect(timeoutOf({ name: 'x', jobs: [a, b] })).toBe(60_000);
    expect(timeoutOf({ name: 'x', steps: [a, b] })).toBe(60);
  });

  it('reads retry policies in every spelling', () => {
    expect(
      taskOf({ retry_policy: { max_retries: 2, backoff_type: 'exponential', initial_delay: '1s' } }).retry,
    ).toEqual({
      maxAttempts: 3,
      backoff: 'exponential',
      delayMs: 1000,
      maxDelayMs: 300_000,
      jitter: 'full',
      retryOn: ['*'],
    });
    expect(
      taskOf({
        retryPolicy: {
          maxAttempts: 4,
          backoff: 'constant',
          retryDelay: 50,
          max_delay: '1m',
          jitter: false,
          retryableErrors: ['Timeout'],
        },
      }).retry,
    ).toEqual({
      maxAttempts: 4,
      backoff: 'fixed',
      delayMs: 50,
      maxDelayMs: 60_000,
      jitter: 'none',
      retryOn: ['Timeout'],
    });
    expect(taskOf({ retry: { maxRetries: 1, delayMs: 5, backoffMultiplier: 1 } }).retry).toMatchObject({
      maxAttempts: 2,
      backoff: 'fixed',
      delayMs: 5,
    });
  });

  it('never lets the default cap shorten a delay that was asked for', () => {
    expect(taskOf({ retry: { attempts: 2, delayMs: 600_000 } }).retry.maxDelayMs).toBe(600_000);
  });

  it('reads priorities by name or number', () => {
    expect(['low', 'normal', 'HIGH', 'critical', 3].map((priority) => taskOf({ priority }).priority)).toEqual(
      [1, 5, 8, 10, 3],
    );
  });

  it('makes tasks uncritical by on_error: continue, except those that say otherwise', () => {
    const tasks = [
      { id: 'a', type: 'pass' },
      { id: 'b', type: 'pass', critical: true },
      { id: 'c', type: 'pass', on_error: 'stop' },
    ];
    expect(
      parseWorkflow({ name: 'x', on_error: 'continue', tasks }).tasks.map((task) => task.critical),
    ).toEqual([false, true, true]);
    expect(taskOf({ on_error: 'continue' }).critical).toBe(false);
  });

  it('reads variables as a map of defaults, as declarations, and as a list', () => {
    const variablesOf = (variables: JsonObject | JsonObject[]) =>
      parseWorkflow({ name: 'x', variables, tasks: [{ id: 'a', type: 'pass' }] }).variables;
    expect(variablesOf({ n: 1, o: { type: 'int', default: 2 }, q: { kind: 'x', type: 3 } })).toMatchObject([
      { name: 'n', type: 'any', default: 1 },
      { name: 'o', type: 'integer', default: 2 },
      { name: 'q', default: { kind: 'x', type: 3 } },
    ]);
    expect(variablesOf([{ name: 'n', type: 'list', required: true }])).toEqual([
      { name: 'n', type: 'array', required: true },
    ]);
  });
});

describe('tasks within tasks', () => {
  it('become canonical, with ids, at any depth', () => {
    const inner = {
      type: 'parallel',
      parameters: {
        tasks: [{ type: 'pass' }, { type: 'pass' }, { id: 'pass', type: 'wait', with: { ms: 1 } }],
      },
    };
    const [task] = parseWorkflow({
      name: 'x',
      tasks: [{ id: 'm', type: 'map', input: { items: [1], task: inner, max_concurrency: 2 } }],
    }).tasks;
    const { task: map, maxConcurrency } = task!.input as unknown as {
      task: TaskDefinition;
      maxConcurrency: number;
    };
    expect(maxConcurrency).toBe(2);
    expect(map).toMatchObject({ id: 'parallel', critical: true });
    const { tasks } = map.input as unknown as { tasks: TaskDefinition[] };
    expect(tasks.map(({ id }) => id)).toEqual(['pass-2', 'pass-3', 'pass']);
    expect(tasks[2]).toMatchObject({ type: 'wait', input: { ms: 1 }, retry: { maxAttempts: 1 } });
  });

  it('may depend on each other', () => {
    const tasks = [
      { id: 'a', type: 'pass' },
      { id: 'b', type: 'pass', depends_on: 'a', input: '${a.output}' },
    ];
    const [task] = parseWorkflow({
      name: 'x',
      tasks: [{ id: 'p', type: 'parallel', input: { tasks } }],
    }).tasks;
    expect((task!.input as unknown as { tasks: TaskDefinition[] }).tasks.map(edges)).toEqual([
      [],
      ['a success'],
    ]);
  });
});
