/** Where an execution's tasks stood at each of its events: the engine's own rules, told again from its history. */
import { type End, ENDS, type Graph } from '../dag/graph.ts';
import { byRank, endOf, layOut, PASSED_OVER, replan } from '../dag/plan.ts';
import { type Task, TASK_ENDS, type TaskStatus } from '../execution/execution.ts';
import type { TaskSeed } from '../ports/execution-store.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';
import { GATE_PARENTS } from './footprint.ts';

/** One run of a machine of the Express lane, which takes up a task and then one of those that it made ready, and so on. */
export interface Line {
  id: number;
  hops: number;
  ms: number;
}

export interface Track {
  seed: TaskSeed;
  status: TaskStatus;
  remaining: number;
  unmet: number;
  triggered: number;
  /** Where it runs; none while it waits in no machine, or in one of the Standard lane. */
  line?: Line;
  /** When it stood there on AWS, from the start of its execution. */
  atMs: number;
  /** When its attempt or its wait began, as recorded. */
  sinceMs: number;
  /** It waits, and Park found that what it waits for has come. */
  isAnswered?: boolean;
  /** It waits, and its time limit will have it looked at. */
  isLimited?: boolean;
  /** The machine that its timer starts, where messages keep the time limit. */
  reminded?: Line;
  /** Claims of the wait for one child: later ones find it there. */
  waits: number;
}

export class Progress {
  readonly graph: Graph;
  /** Tasks that the execution ends with. */
  lasts = 0;
  /** Gates that stand before tasks with many parents, and before the end. */
  gates = 0;
  readonly #definition: WorkflowDefinition;
  readonly #priority: number;
  readonly #final: ReadonlyMap<string, Task>;
  #tracks: Map<string, Track> = new Map();

  constructor(
    graph: Graph,
    definition: WorkflowDefinition,
    priority: number,
    final: ReadonlyMap<string, Task>,
  ) {
    this.graph = graph;
    this.#definition = definition;
    this.#priority = priority;
    this.#final = final;
  }

  get all(): Track[] {
    return [...this.#tracks.values()];
  }

  of(taskId: string | undefined): Track | undefined {
    return taskId === undefined ? undefined : this.#tracks.get(taskId);
  }

  /** Lays the tasks of a first run out; gives all of them. */
  begin(): Track[] {
    return this.#layOut(layOut(this.#definition, this.graph, this.#priority));
  }

  /** Lays the tasks out for a run after a redrive; `later` are those that anything happened to afterwards. */
  again(later: ReadonlySet<string>): Track[] {
    const before = new Map(this.all.map((track) => [track.seed.taskId, this.#recordOf(track)]));
    // What ended otherwise than it stands, with nothing happening to it, ended by the redrive.
    const edited = [...this.#final.values()].filter(
      ({ taskId, status }) => !later.has(taskId) && before.get(taskId)?.status !== status,
    );
    const skip = edited.filter(({ status, reason }) => status === 'SKIPPED' && reason === PASSED_OVER);
    const given = edited.filter(({ status }) => status === 'SUCCEEDED');
    return this.#layOut(
      replan(this.#definition, this.graph, this.#priority, before, {
        skip: new Set(skip.map(({ taskId }) => taskId)),
        outputs: new Map(given.map(({ taskId, output }) => [taskId, output ?? null])),
      }),
    );
  }

  /** Tasks that wait for nothing but to be taken up, in the order in which they are. */
  get ready(): Track[] {
    return this.all.filter(({ status }) => status === 'READY').toSorted((a, b) => byRank(a.seed, b.seed));
  }

  /** Ends a task; gives the children whose last parent it was, in the order in which they are dispatched. */
  end(track: Track, status: TaskStatus): { children: Track[]; ready: Track[] } {
    track.status = status;
    const children: Track[] = [];
    for (const { taskId, edges, unmet, triggered } of this.graph.resolve(
      track.seed.index,
      this.#endOf(track, status),
    )) {
      const child = this.#tracks.get(taskId)!;
      child.remaining -= edges;
      child.unmet += unmet;
      child.triggered += triggered;
      children.push(child);
    }
    const ready = children.filter(({ remaining, status: stood }) => remaining <= 0 && stood === 'PENDING');
    for (const child of ready) child.status = 'READY';
    return { children, ready: ready.toSorted((a, b) => byRank(a.seed, b.seed)) };
  }

  #endOf({ seed }: Track, status: TaskStatus): End {
    const task = this.graph.tasks[seed.index]!;
    if (status === 'SKIPPED') return ENDS.neither;
    return endOf(task, { status, output: this.#final.get(seed.taskId)?.output });
  }

  #recordOf({ seed, status }: Track): Task {
    const final = this.#final.get(seed.taskId);
    return {
      ...(final as Task),
      ...seed,
      status,
      reason: seed.reason ?? final?.reason,
      output: final?.output,
    };
  }

  #layOut(seeds: TaskSeed[]): Track[] {
    const before = this.#tracks;
    this.lasts = seeds.filter(({ inner, status }) => inner !== true && !TASK_ENDS.includes(status)).length;
    this.gates = seeds.reduce((sum, { parents = 0 }) => sum + gatesBefore(parents), gatesBefore(this.lasts));
    this.#tracks = new Map(
      seeds.map((seed) => {
        const { taskId, status, remaining, unmet, triggered } = seed;
        const { waits = 0 } = before.get(taskId) ?? {};
        return [taskId, { seed, status, remaining, unmet, triggered, waits, atMs: 0, sinceMs: 0 }];
      }),
    );
    return this.all;
  }
}

/** Gates of every level. */
function gatesBefore(parents: number): number {
  if (parents <= GATE_PARENTS) return 0;
  const gates = Math.ceil(parents / GATE_PARENTS);
  return gates + gatesBefore(gates);
}
