/** What runs in a schedule: documents, handlers, limits and what clients ask for. A seed gives all of it. */
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../core/json.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import { parseWorkflow } from '../../core/workflow/parse.ts';
import { type FaultPlan, NO_FAULTS } from './faults.ts';
import { type Behaviour, generate, type Generated } from './generate.ts';

export type ClientAction =
  | { kind: 'start' | 'pause' | 'resume' | 'cancel' | 'redrive' | 'restart' }
  | { kind: 'signal'; name: string; id: string; payload: boolean }
  | { kind: 'offer'; type: string };

/** Something a client does, that long after it began; `target` is the place of a start in `starts`. */
export type ClientOperation = ClientAction & { target: number; atMs: number };

export interface Schedule {
  seed: number;
  title: string;
  documents: JsonObject[];
  /** Handler types that the documents use. */
  types: string[];
  starts: { workflow: string; variables: JsonObject }[];
  behaviour(taskId: string): Behaviour;
  /** What conditions and approvals answer, where it is known. */
  truths: ReadonlyMap<string, boolean>;
  limits: { maxWorkflows: number; maxTasks: number; pools: Record<string, number> };
  /** Types that nobody offers until a client does. */
  lateTypes: string[];
  operations: ClientOperation[];
  /** Redrives of an execution that failed, once all is quiet. */
  redrives: number;
  faults: FaultPlan;
  /** Nothing delays anything: each task starts in the millisecond in which it may. */
  exact: boolean;
  /** How tasks end without faults; no crash may change that. */
  baseline?: ReadonlyMap<string, string>;
  /** Final states are those of the reference model. */
  generated?: Generated;
}

const calm: Behaviour = {
  durationMs: 10,
  failures: [],
  always: false,
  savesCheckpoint: true,
  outputBytes: 10,
};

export interface Example {
  name: string;
  definitions: WorkflowDefinition[];
  variables: JsonObject;
}

/** The workflows of `examples/`, as `examples/expected.json` lists them. */
export function examples(): Example[] {
  const folder = new URL('../../examples/', import.meta.url);
  const listed = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Expected[];
  const runnable = listed.filter(({ refusal }) => refusal === undefined);
  return runnable.map(({ file, variables = {}, submitFirst = [] }) => ({
    name: file,
    definitions: [...submitFirst, file].map((name) =>
      parseWorkflow(readFileSync(new URL(name, folder), 'utf8')),
    ),
    variables,
  }));
}

interface Expected {
  file: string;
  variables?: JsonObject;
  submitFirst?: string[];
  /** It is refused, and never runs. */
  refusal?: string;
}

/** One example, one execution, and a crash of the host at one port call. */
export function exampleSchedule(
  seed: number,
  example: Example,
  crashes: FaultPlan['crashes'],
  baseline?: ReadonlyMap<string, string>,
): Schedule {
  const { definitions } = example;
  const at = crashes.map(({ call, side }) => ` ${side} call ${call}`).join(', then');
  return {
    seed,
    title: `${example.name}, ${at === '' ? 'no faults' : `a crash${at}`}`,
    // Read once: what is simulated here is not the parser.
    documents: definitions as unknown as JsonObject[],
    types: [...new Set(definitions.flatMap(({ tasks }) => typesOf(tasks)))],
    starts: [{ workflow: definitions.at(-1)!.name, variables: example.variables }],
    behaviour: () => calm,
    truths: new Map(),
    limits: { maxWorkflows: 10, maxTasks: 100, pools: {} },
    lateTypes: [],
    operations: [],
    redrives: 0,
    faults: { ...NO_FAULTS, crashes, restartMsMax: 5 },
    exact: crashes.length === 0,
    ...(baseline ? { baseline } : {}),
  };
}

/** Generated workflows under any mixture of faults and clients. */
export function randomSchedule(seed: number): Schedule {
  const rng = new SeededRandom(seed, 0x51a7);
  const flavour = rng.pick([
    'exact',
    'faults',
    'faults',
    'limits',
    'limits',
    'rough',
    'rough',
    'crowd',
    'contention',
  ] as const);
  const exact = flavour === 'exact';
  const rough = flavour === 'rough';
  const limited = flavour === 'limits' || flavour === 'crowd' || (rough && rng.chance(0.5));
  const generated = generate(
    rng,
    {
      tasksMax: flavour === 'contention' ? 4 : flavour === 'crowd' ? 12 : 40,
      workflowTimeouts: rough && rng.chance(0.2),
      sequential: !exact && rng.chance(0.1),
      concurrency: limited,
      contention: flavour === 'contention',
    },
    new SeededRandom(seed, 0x11417),
  );
  const executions = flavour === 'crowd' ? rng.int(2, 6) : rough ? rng.int(1, 3) : 1;
  const late = !exact && rng.chance(0.1) ? [rng.pick(generated.types)] : [];
  const starts = Array.from({ length: executions }, () => ({ workflow: 'main', variables: {} }));
  const schedule: Schedule = {
    seed,
    title: `generated, ${flavour}`,
    documents: [...generated.documents].reverse(),
    types: generated.types,
    starts,
    behaviour: (taskId) => generated.behaviours.get(taskId) ?? calm,
    truths: generated.truths,
    limits: limited ? someLimits(rng, generated.types) : { maxWorkflows: 1000, maxTasks: 100_000, pools: {} },
    lateTypes: late,
    operations: exact ? [] : operations(rng, executions, rough, late, generated),
    redrives: rng.chance(0.5) ? rng.int(1, 2) : 0,
    faults: exact
      ? NO_FAULTS
      : { ...someFaults(rng, rough), ...(flavour === 'contention' ? CONTENTION : {}) },
    exact,
    ...(rough ? {} : { generated }),
  };
  return schedule;
}

/** Starts come twice, and calls take longer than attempts. */
const CONTENTION = { slow: 0.25, slowMsMax: 60, lateDispatch: 0.3, doubleDispatch: 0.8, dispatchMsMax: 60 };

function someLimits(rng: SeededRandom, types: string[]): Schedule['limits'] {
  const pools: Record<string, number> = {};
  for (const type of types) if (rng.chance(0.4)) pools[type] = rng.int(1, 3);
  return { maxWorkflows: rng.int(1, 4), maxTasks: rng.int(1, 6), pools };
}

function someFaults(rng: SeededRandom, rough: boolean): FaultPlan {
  const crashes = Array.from({ length: rng.pick([0, 1, 1, 2, 3, 5]) }, () => ({
    call: rng.chance(0.4) ? rng.int(1, 40) : rng.int(1, 600),
    side: rng.pick(['before', 'after'] as const),
  }));
  const slow = rng.pick([0, 0.02, 0.1, rough ? 0.3 : 0.1]);
  return {
    crashes,
    restartMsMax: rng.pick([0, 100, 30_000]),
    slow,
    slowMsMax: rng.pick([1, 50, 3000]),
    lateDispatch: rng.pick([0, 0.1, 0.4]),
    doubleDispatch: rng.pick([0, 0.1, 0.5]),
    dispatchMsMax: rng.pick([0, 20, 2000]),
    commitMsMax: rng.pick([0, 5, 200]),
    lostAnswer: rng.pick([0, 0.2, 0.5]),
  };
}

function operations(
  rng: SeededRandom,
  executions: number,
  rough: boolean,
  late: string[],
  { documents, truths }: Generated,
): ClientOperation[] {
  const list: ClientOperation[] = [];
  const spanMs = rng.pick([50, 2000, 60_000]);
  const add = (action: ClientAction) =>
    list.push({ ...action, target: rng.int(0, executions - 1), atMs: rng.int(0, spanMs) });
  for (const task of documents[0]!.tasks) {
    if ((task.type !== 'signal' && task.type !== 'approval') || rng.chance(0.3)) continue;
    const signal: ClientAction = {
      kind: 'signal',
      name: task.id,
      id: `sig-${task.id}`,
      payload: truths.get(`${task.id}!`) ?? true,
    };
    const limitMs = task.timeoutMs as number | undefined;
    if (limitMs === undefined) for (let copies = rng.int(1, 2); copies > 0; copies--) add(signal);
    // As the time is up, where no model says which of the two comes first.
    else if (rough)
      for (let target = 0; target < executions; target++)
        list.push({ ...signal, payload: true, target, atMs: limitMs + rng.int(0, 2000) });
  }
  for (let pauses = rng.pick([0, 0, 1, 2]); pauses > 0; pauses--) {
    add({ kind: 'pause' });
    if (rng.chance(0.7)) add({ kind: 'resume' });
  }
  if (rng.chance(0.2)) add({ kind: 'start' });
  if (rng.chance(0.2)) add({ kind: 'redrive' });
  for (const type of late) if (rng.chance(0.5)) add({ kind: 'offer', type });
  if (rough) {
    for (let cancels = rng.int(0, 2); cancels > 0; cancels--) add({ kind: 'cancel' });
    for (let redrives = rng.int(0, 3); redrives > 0; redrives--) add({ kind: 'redrive' });
    if (rng.chance(0.3)) add({ kind: 'restart' });
  }
  return list;
}

/** Handler types of tasks, those within maps and parallels too. */
function typesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(typesOf);
  if (typeof value !== 'object' || value === null) return [];
  const { type } = value as { type?: unknown };
  return [...(typeof type === 'string' ? [type] : []), ...Object.values(value).flatMap(typesOf)];
}
