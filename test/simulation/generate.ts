/** Makes workflows by chance: every kind of task, edge and policy, with what each handler will do written beside them. */
import type { JsonObject } from '../../core/json.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';

export interface Failure {
  error: string;
  /** `hang`: the attempt never answers and runs into its time limit. */
  how: 'retryable' | 'permanent' | 'hang';
}

/** What a handler does, by the failures of its task so far. */
export interface Behaviour {
  durationMs: number;
  /** The outcome of the first attempts; later ones succeed. */
  failures: Failure[];
  /** The last of `failures` repeats for ever. */
  always: boolean;
  /** Saves its progress once while it works. */
  savesCheckpoint: boolean;
  outputBytes: number;
}

export interface Edge extends JsonObject {
  task: string;
  on: 'success' | 'failure' | 'always';
}

/** A task as the document says it: the part of the definition that the reference model reads. */
export interface TaskDocument extends JsonObject {
  id: string;
  type: string;
  dependsOn: Edge[];
  triggeredBy: Edge[];
  alwaysRun: boolean;
  critical: boolean;
}

export interface WorkflowDocument extends JsonObject {
  name: string;
  tasks: TaskDocument[];
}

export interface Generated {
  /** The first one is started; the others are its sub-workflows. */
  documents: WorkflowDocument[];
  behaviours: Map<string, Behaviour>;
  /** What a condition asks or an approval is told, by task id. */
  truths: Map<string, boolean>;
  /** Item counts of maps by the id of their template. */
  types: string[];
}

export interface Features {
  tasksMax: number;
  /** Time limits of whole workflows, which make the outcome depend on faults. */
  workflowTimeouts: boolean;
  sequential: boolean;
  concurrency: boolean;
  /** Short attempts that mostly fail and are tried again: many writers of the same few tasks. */
  contention: boolean;
}

export const HANDLER_TYPES = ['alpha', 'beta', 'gamma'] as const;
const VARIABLES = [
  { name: 'yes', type: 'boolean', default: true },
  { name: 'no', type: 'boolean', default: false },
];

/** `limits` says which waits for a signal have a time limit: nobody answers those. */
export function generate(rng: SeededRandom, features: Features, limits: SeededRandom): Generated {
  return new Generator(rng, features, limits).run();
}

class Generator {
  readonly #rng: SeededRandom;
  readonly #features: Features;
  readonly #limits: SeededRandom;
  readonly #made: Generated = {
    documents: [],
    behaviours: new Map(),
    truths: new Map(),
    types: [...HANDLER_TYPES],
  };

  constructor(rng: SeededRandom, features: Features, limits: SeededRandom) {
    this.#rng = rng;
    this.#features = features;
    this.#limits = limits;
  }

  run(): Generated {
    const rng = this.#rng;
    const subs = rng.chance(0.3) ? rng.int(1, 2) : 0;
    for (let i = 1; i <= subs; i++) this.#made.documents.push(this.#workflow(`sub${i}`, rng.int(1, 5), []));
    const small = rng.chance(0.7);
    const size = rng.int(1, small ? Math.min(10, this.#features.tasksMax) : this.#features.tasksMax);
    const names = this.#made.documents.map(({ name }) => name);
    this.#made.documents.unshift(this.#workflow('main', size, names));
    return this.#made;
  }

  #workflow(name: string, size: number, subs: string[]): WorkflowDocument {
    const rng = this.#rng;
    const { sequential, concurrency, workflowTimeouts } = this.#features;
    const top = name === 'main';
    const tasks = this.#tasks(`${name}_`, size, top ? 2 : 0, top ? 'top' : 'nested', subs);
    return {
      name,
      variables: VARIABLES,
      strategy: sequential ? 'sequential' : rng.chance(0.2) ? 'fifo' : 'priority',
      ...(concurrency && rng.chance(0.5) ? { maxConcurrency: rng.int(1, 4) } : {}),
      ...(rng.chance(0.15) ? { toleratedFailures: rng.int(1, 3) } : {}),
      ...(workflowTimeouts && top ? { timeoutMs: rng.int(1, 60) * 1000 } : {}),
      tasks,
    };
  }

  #tasks(
    prefix: string,
    size: number,
    depth: number,
    scope: 'top' | 'nested',
    subs: string[],
  ): TaskDocument[] {
    const tasks: TaskDocument[] = [];
    const shape = this.#rng.pick(['chain', 'fan', 'random', 'random', 'layers'] as const);
    for (let i = 0; i < size; i++) tasks.push(this.#task(`${prefix}${i}`, tasks, shape, depth, scope, subs));
    return tasks;
  }

  #task(
    id: string,
    before: TaskDocument[],
    shape: 'chain' | 'fan' | 'random' | 'layers',
    depth: number,
    scope: 'top' | 'nested',
    subs: string[],
  ): TaskDocument {
    const rng = this.#rng;
    const parents = this.#parents(before, shape);
    const triggered = parents.length > 0 && rng.chance(0.15);
    const edges = parents.map((task): Edge => ({ task: task.id, on: this.#outcome(task, triggered) }));
    const task: TaskDocument = {
      id,
      type: this.#type(depth, subs),
      dependsOn: triggered ? edges.slice(0, rng.int(0, 1)) : edges,
      triggeredBy: [],
      alwaysRun: parents.length > 0 && rng.chance(0.1),
      critical: !rng.chance(0.15),
    };
    if (triggered) task.triggeredBy = edges.slice(task.dependsOn.length);
    if (rng.chance(0.3)) task.priority = rng.int(1, 10);
    this.#fill(task, parents, depth, scope, subs);
    return task;
  }

  /** Mostly success. `failure` of a wait is refused by the validation: it can't come. */
  #outcome(parent: TaskDocument, triggered: boolean): Edge['on'] {
    const on = this.#rng.chance(triggered ? 0.4 : 0.75)
      ? 'success'
      : this.#rng.pick(['failure', 'always'] as const);
    return on === 'failure' && parent.type === 'wait' ? 'always' : on;
  }

  #parents(before: TaskDocument[], shape: 'chain' | 'fan' | 'random' | 'layers'): TaskDocument[] {
    const rng = this.#rng;
    if (before.length === 0) return [];
    if (shape === 'chain') return [before.at(-1)!];
    if (shape === 'fan') return rng.chance(0.1) ? [...before] : [before[0]!];
    if (shape === 'layers') return before.slice(Math.max(0, before.length - rng.int(1, 4)));
    const count = rng.chance(0.15) ? 0 : rng.int(1, Math.min(3, before.length));
    return [...new Set(Array.from({ length: count }, () => rng.pick(before)))];
  }

  #type(depth: number, subs: string[]): string {
    const rng = this.#rng;
    if (rng.chance(0.7)) return rng.pick(HANDLER_TYPES);
    const engine = ['condition', 'wait', 'signal', 'approval'];
    if (depth > 0) engine.push('map', 'parallel', ...(subs.length > 0 ? ['workflow', 'workflow'] : []));
    return rng.pick(engine);
  }

  #fill(
    task: TaskDocument,
    parents: TaskDocument[],
    depth: number,
    scope: 'top' | 'nested',
    subs: string[],
  ): void {
    const rng = this.#rng;
    const { id, type } = task;
    if (type === 'condition' || rng.chance(0.12)) {
      const truth = rng.chance(0.6);
      this.#made.truths.set(id, truth);
      task.condition = truth ? 'yes = true' : 'no = true';
    }
    if (type === 'wait') task.input = { ms: rng.pick([0, 5, 1000, 90_000]) };
    else if (type === 'approval') this.#made.truths.set(`${id}!`, rng.chance(0.7));
    else if (type === 'workflow') task.input = { workflow: rng.pick(subs), variables: {} };
    else if (type === 'parallel')
      task.input = { tasks: this.#tasks(`${id}_`, rng.int(1, 4), depth - 1, 'nested', subs) };
    else if (type === 'map') task.input = this.#map(id, depth);
    else if (type !== 'condition' && type !== 'signal') this.#handler(task, parents, scope);
    if (type === 'signal' || type === 'approval') this.#limit(task);
    if ((type === 'map' || type === 'parallel' || type === 'workflow') && rng.chance(0.3))
      task.retry = { maxAttempts: 2, backoff: 'fixed', delayMs: rng.int(0, 2000), jitter: 'none' };
  }

  /** Within the life of its machine, and beyond it. */
  #limit(task: TaskDocument): void {
    const limits = this.#limits;
    if (!limits.chance(0.3)) return;
    task.timeoutMs = limits.pick([1, 1000, 44_999, 45_001, 300_000]);
    if (limits.chance(0.5))
      task.retry = {
        maxAttempts: limits.int(1, 3),
        backoff: 'fixed',
        delayMs: limits.pick([0, 500]),
        jitter: 'none',
      };
  }

  #map(id: string, depth: number): JsonObject {
    const rng = this.#rng;
    const count = rng.int(0, 5);
    const template = this.#task(`${id}m`, [], 'chain', 0, 'nested', []);
    if (depth < 0) return {};
    for (let i = 0; i < count; i++) {
      const at = `${template.id}-${i}`;
      this.#made.behaviours.set(at, this.#behaviour(template, 'nested'));
      for (const mark of ['', '!']) {
        const truth = this.#made.truths.get(template.id + mark);
        if (truth !== undefined) this.#made.truths.set(at + mark, truth);
      }
    }
    return {
      items: Array.from({ length: count }, (_, i) => i),
      task: template,
      ...(this.#features.concurrency && rng.chance(0.5) ? { maxConcurrency: rng.int(1, 3) } : {}),
      ...(rng.chance(0.3) ? { toleratedFailures: rng.int(1, 3) } : {}),
    };
  }

  #handler(task: TaskDocument, parents: TaskDocument[], scope: 'top' | 'nested'): void {
    const rng = this.#rng;
    const { contention } = this.#features;
    if (contention || rng.chance(0.4))
      task.retry = {
        maxAttempts: contention ? rng.int(3, 6) : rng.int(1, 4),
        backoff: rng.pick(['fixed', 'linear', 'exponential']),
        delayMs: rng.pick(contention ? [0, 1, 20] : [0, 1, 500, 70_000]),
        jitter: rng.pick(['none', 'full', 'equal']),
        ...(rng.chance(0.2) ? { retryOn: ['Flaky', 'TaskTimeout'] } : {}),
      };
    if (rng.chance(0.3)) task.timeoutMs = rng.int(20, 40) * 1000;
    else if (rng.chance(0.15)) task.heartbeatMs = rng.int(15, 30) * 1000;
    if (parents.length > 0 && rng.chance(0.3))
      task.input = { from: `\${tasks.${rng.pick(parents).id}.output}`, id: task.id };
    this.#made.behaviours.set(task.id, this.#behaviour(task, scope));
  }

  #behaviour(task: TaskDocument, scope: 'top' | 'nested'): Behaviour {
    const rng = this.#rng;
    const { maxAttempts = 1 } = (task.retry ?? {}) as { maxAttempts?: number };
    const { contention } = this.#features;
    const fails = rng.chance(contention ? 0.8 : 0.3);
    const always = fails && scope === 'nested' && rng.chance(0.5);
    // Within a child a finite list must fit the retries: how often a crash makes its parent run it again is left open.
    const most = scope === 'nested' && !always ? maxAttempts - 1 : 4;
    const count = fails && most > 0 ? rng.int(1, most) : 0;
    return {
      durationMs: rng.chance(0.3) ? 0 : rng.int(1, contention ? 20 : 900),
      failures: Array.from({ length: count }, () => this.#failure(task, scope === 'nested' && !always)),
      always: always && count > 0,
      savesCheckpoint: rng.chance(0.2),
      outputBytes: rng.chance(0.004) ? 220_000 : 10,
    };
  }

  #failure(task: TaskDocument, mustRecover: boolean): Failure {
    const rng = this.#rng;
    if (task.timeoutMs !== undefined && rng.chance(0.3)) return { error: 'TaskTimeout', how: 'hang' };
    if (!mustRecover && rng.chance(0.2)) return { error: 'Fatal', how: 'permanent' };
    return { error: mustRecover || rng.chance(0.7) ? 'Flaky' : 'Odd', how: 'retryable' };
  }
}
