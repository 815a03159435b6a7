/** What a workflow means, told once more from its definition alone: the reference that final states are held against. */
import type { Behaviour, Edge, Generated, TaskDocument } from './generate.ts';

/** How the end of a task looks to those who depend on it. */
export type Look = 'success' | 'failure' | 'both' | 'neither';
export type TaskEnd = 'SUCCEEDED' | 'FAILED' | 'SKIPPED';

export const holds = (on: Edge['on'], look: Look): boolean =>
  on === 'always' || look === on || look === 'both';

interface Ruled {
  dependsOn: readonly { task: string; on: Edge['on'] }[];
  triggeredBy: readonly { task: string; on: Edge['on'] }[];
  alwaysRun: boolean;
}

/** Whether a task whose parents have all ended is to run. */
export function mayRun(
  { dependsOn, triggeredBy, alwaysRun }: Ruled,
  look: (taskId: string) => Look,
): boolean {
  if (alwaysRun) return true;
  if (!dependsOn.every(({ task, on }) => holds(on, look(task)))) return false;
  return triggeredBy.length === 0 || triggeredBy.some(({ task, on }) => holds(on, look(task)));
}

export function lookOf(task: { critical: boolean; type: string }, end: TaskEnd, answer?: boolean): Look {
  if (end === 'SKIPPED') return 'neither';
  if (end === 'FAILED') return task.critical ? 'failure' : 'both';
  return task.type === 'condition' && answer === false ? 'failure' : 'success';
}

/** One execution and what became of its tasks so far; kept between runs. */
export interface Outcome {
  status: 'SUCCEEDED' | 'FAILED';
  tasks: Map<string, TaskEnd>;
}

/** Runs a generated workflow in the head. A second `run` is a redrive. */
export class Model {
  readonly #generated: Generated;
  readonly #used = new Map<string, number>();
  readonly #outcomes = new Map<string, Outcome>();

  constructor(generated: Generated) {
    this.#generated = generated;
  }

  run(): Outcome {
    return this.#execute('main', this.#generated.documents[0]!);
  }

  #execute(path: string, definition: ChildDefinition): Outcome {
    const earlier = this.#outcomes.get(path)?.tasks;
    const tasks = new Map<string, TaskEnd>();
    const looks = new Map<string, Look>();
    // Documents list parents before children.
    for (const task of definition.tasks) {
      const before = earlier?.get(task.id);
      const stands = before === 'SUCCEEDED' || (before === 'FAILED' && !task.critical);
      const end = stands ? before : this.#end(path, task, looks);
      tasks.set(task.id, end);
      looks.set(task.id, lookOf(task, end, this.#generated.truths.get(task.id)));
    }
    const failed = definition.tasks.filter(({ id, critical }) => critical && tasks.get(id) === 'FAILED');
    const tolerated = Number(definition.toleratedFailures ?? 0);
    const outcome: Outcome = { status: failed.length > tolerated ? 'FAILED' : 'SUCCEEDED', tasks };
    this.#outcomes.set(path, outcome);
    return outcome;
  }

  #end(path: string, task: TaskDocument, looks: Map<string, Look>): TaskEnd {
    if (!mayRun(task, (id) => looks.get(id)!)) return 'SKIPPED';
    const { truths, behaviours } = this.#generated;
    if (task.type === 'condition') return 'SUCCEEDED';
    if (truths.get(task.id) === false) return 'SKIPPED';
    if (task.type === 'wait') return 'SUCCEEDED';
    const isSignalled = task.type === 'signal' || task.type === 'approval';
    if (isSignalled && task.timeoutMs !== undefined) return 'FAILED';
    if (task.type === 'signal') return 'SUCCEEDED';
    if (task.type === 'approval') return truths.get(`${task.id}!`) ? 'SUCCEEDED' : 'FAILED';
    const where = `${path}/${task.id}`;
    const child = this.#child(task);
    if (child) return this.#attempts(task, () => this.#childFailure(where, child));
    return this.#attempts(task, () => this.#handlerFailure(where, behaviours.get(task.id)!));
  }

  /** Tries until it succeeds or the retry policy gives up. */
  #attempts(task: TaskDocument, attempt: () => { error: string; retryable: boolean } | undefined): TaskEnd {
    const retry = (task.retry ?? {}) as { maxAttempts?: number; retryOn?: string[] };
    for (let failures = 1; ; failures++) {
      const failure = attempt();
      if (!failure) return 'SUCCEEDED';
      const named = !retry.retryOn || retry.retryOn.includes(failure.error);
      if (!failure.retryable || !named || failures >= (retry.maxAttempts ?? 1)) return 'FAILED';
    }
  }

  #handlerFailure(where: string, behaviour: Behaviour) {
    const used = this.#used.get(where) ?? 0;
    this.#used.set(where, used + 1);
    const failure = failureAt(behaviour, used);
    return failure && { error: failure.error, retryable: failure.how !== 'permanent' };
  }

  #childFailure(where: string, child: ChildDefinition) {
    const { status } = this.#execute(where, child);
    return status === 'FAILED' ? { error: 'ChildFailed', retryable: true } : undefined;
  }

  #child(task: TaskDocument): ChildDefinition | undefined {
    const input = task.input as Record<string, unknown> | undefined;
    if (task.type === 'parallel') return { tasks: input!.tasks as TaskDocument[] };
    if (task.type === 'workflow')
      return this.#generated.documents.find(({ name }) => name === input!.workflow);
    if (task.type !== 'map') return undefined;
    const template = input!.task as TaskDocument;
    const items = input!.items as unknown[];
    const tasks = items.map((_, index) => ({ ...template, id: `${template.id}-${index}` }));
    return { tasks, toleratedFailures: input!.toleratedFailures };
  }
}

interface ChildDefinition {
  tasks: TaskDocument[];
  toleratedFailures?: unknown;
}

/** What the attempt after `failures` failed ones does; undefined is success. */
export function failureAt(behaviour: Behaviour, failures: number) {
  const { always, failures: list } = behaviour;
  return list[always ? Math.min(failures, list.length - 1) : failures];
}
