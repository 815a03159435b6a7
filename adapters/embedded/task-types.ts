import type { TaskType, TaskTypes } from '../../core/ports/task-types.ts';
import type { TaskHandler } from '../../core/task/handler.ts';
import type { InputCheck } from '../../core/task/input-check.ts';

export interface OfferedTask {
  handler: TaskHandler;
  check?: InputCheck;
  maxConcurrency?: number;
  /** Where it came from: a file, or `inline`. */
  source: string;
}

/** The task types that this process offers. */
export class EmbeddedTaskTypes implements TaskTypes {
  readonly #offered = new Map<string, { task: OfferedTask; found: Promise<TaskType> }>();
  readonly #none = Promise.resolve(undefined);

  find(type: string): Promise<TaskType | undefined> {
    return this.#offered.get(type)?.found ?? this.#none;
  }

  list(): Promise<TaskType[]> {
    return Promise.all([...this.#offered.values()].map(({ found }) => found));
  }

  /** What runs an attempt of this type, now. */
  offered(type: string): OfferedTask | undefined {
    return this.#offered.get(type)?.task;
  }

  /** Attempts that start from now on run `task`. True when nobody offered the type before. */
  offer(type: string, task: OfferedTask): boolean {
    const isNew = !this.#offered.has(type);
    const { maxConcurrency } = task;
    const found = Promise.resolve({
      type,
      functionName: type,
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    });
    this.#offered.set(type, { task, found });
    return isNew;
  }

  withdraw(type: string): boolean {
    return this.#offered.delete(type);
  }

  names(): string[] {
    return [...this.#offered.keys()].sort();
  }
}
