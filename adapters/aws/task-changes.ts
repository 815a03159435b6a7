import { NotFound } from '../../core/errors.ts';
import { openOf } from '../../core/execution/counts.ts';
import { type Task, TASK_ENDS } from '../../core/execution/execution.ts';
import { toJson } from '../../core/json.ts';
import type { Resolution, TaskChange, TaskChanged } from '../../core/ports/execution-store.ts';
import { eachOf } from '../../core/side-by-side.ts';
import type { ExecutionItem } from './execution-items.ts';
import type { FanIn } from './fan-in.ts';
import type { Condition, ItemTable, Key } from './item-table.ts';
import type { Values } from './item.ts';
import { metaKey, pad, parkedPk, UNPLACED_PK } from './keys.ts';
import { newsAttribute } from './news.ts';
import { WRITES_AT_ONCE } from './table.ts';
import {
  inAnyOf,
  isEnded,
  OUTPUT_LENGTH_MAX,
  type TaskItem,
  taskKey,
  taskOf,
  updateOf,
  wholeTaskOf,
} from './task-items.ts';
import type { LargeValues } from './large-values.ts';

export interface TaskChangeParts {
  table: ItemTable;
  values: LargeValues;
  fanIn: FanIn;
}

/**
 * Changes one task by one conditional write, which carries its events; children hear of an end afterwards, each by a write of
 * its own that a repetition finds done. Nothing is shared by all tasks, so nothing is hot.
 *
 * The execution is read before, not in one transaction: a pause or an end that comes in between finds the task as if it had come
 * first. What an end closes is closed for good, and a redrive lays out items of its own, so no late write gets through to them.
 */
export class TaskChanges {
  readonly #parts: TaskChangeParts;

  constructor(parts: TaskChangeParts) {
    this.#parts = parts;
  }

  async apply(change: TaskChange): Promise<TaskChanged> {
    const { table, values } = this.#parts;
    const { executionId, expect, events = [] } = change;
    const output = toJson(change.set.output, 'output');
    const news = newsAttribute(events);
    const execution = await table.get<ExecutionItem>(metaKey(executionId));
    if (!execution) return { applied: false };
    if (execution.layout === undefined) return { applied: false, executionStatus: execution.status };
    const isLive = expect.executionStatuses.includes(execution.status);
    const from = isLive ? inAnyOf(expect.statuses) : undefined;
    const key = taskKey(change, execution.layout);
    const written = from
      ? await this.#write(change, execution, from, output, news)
      : { applied: false, item: await table.get<TaskItem>(key) };
    const { applied, item } = written;
    if (item && (applied || isRepeatedEnd(item, change))) {
      return this.#tell(change, execution, item, applied).catch((error: unknown) =>
        this.#isOver(execution, error),
      );
    }
    return {
      applied: false,
      task: item && (await wholeTaskOf(item, values)),
      executionStatus: execution.status,
    };
  }

  async #write(
    { executionId, taskId, expect, set, atMs }: TaskChange,
    execution: ExecutionItem,
    from: Condition,
    output: string | undefined,
    news: Values['news'],
  ) {
    const { table, values } = this.#parts;
    const key = taskKey({ executionId, taskId }, execution.layout!);
    const ends = set.status !== undefined && TASK_ENDS.includes(set.status);
    const after = expect.failures;
    const outputs = 'output' in set && (await values.keep(execution.pk, 'output', output, OUTPUT_LENGTH_MAX));
    return table.update<TaskItem>({
      key,
      set: {
        ...updateOf(
          set,
          atMs,
          set.status === 'PARKED' ? await this.#parkedAt(key, execution, set.unplaced) : undefined,
        ),
        ...outputs,
        news,
        ...(ends && { tells: true }),
      },
      add: { rev: 1 },
      only: {
        that: `#attempt = :attempt AND ${after === undefined ? '' : '#failures = :after AND '}${from.that}`,
        values: { ...from.values, attempt: expect.attempt, ...(after !== undefined && { after }) },
      },
    });
  }

  async #parkedAt(
    key: Key,
    { order }: ExecutionItem,
    unplaced = false,
  ): Promise<{ related: string; order: string } | undefined> {
    const task = await this.#parts.table.get<TaskItem>(key);
    return (
      task && {
        related: unplaced ? UNPLACED_PK : parkedPk(task.type),
        order: `${order}#${pad(task.index, 5)}`,
      }
    );
  }

  /** Tells those that wait of the end, as often as it is asked. */
  async #tell(
    { executionId, resolve = [], atMs }: TaskChange,
    execution: ExecutionItem,
    item: TaskItem,
    isFirst: boolean,
  ): Promise<TaskChanged> {
    const { fanIn, table } = this.#parts;
    const { layout, lasts = 0 } = execution;
    const teller = { executionId, layout: layout!, index: item.index, atMs };
    const children: Task[] = [];
    // One that was laid out at its end has told nothing: those that wait were laid out knowing it.
    const tells = item.tells === true || !isEnded(item);
    await eachOf(resolve, WRITES_AT_ONCE, async (resolution) => {
      const child = tells
        ? await fanIn.child(teller, resolution)
        : await table.get<TaskItem>(taskKey({ executionId, taskId: resolution.taskId }, layout!));
      if (child) children.push(taskOf(child));
    });
    const ready = inOrderOf(
      resolve,
      children.filter(({ status }) => status === 'READY'),
    );
    if (!isEnded(item)) return { applied: true, ready, ended: false };
    let ended = false;
    if (item.last !== undefined && item.tells) ended = await fanIn.end(teller, item.last, lasts);
    else if (!isFirst) ended = await this.allEnded(executionId, execution);
    const token = ended ? (await table.get<ExecutionItem>(metaKey(executionId)))?.token : undefined;
    return { applied: true, ready, ended, token };
  }

  /** After a redrive nobody waits any more for what its tasks replaced. Errors: `error`, where none came. */
  async #isOver({ pk, sk, layout }: ExecutionItem, error: unknown): Promise<TaskChanged> {
    const now = error instanceof NotFound && (await this.#parts.table.get<ExecutionItem>({ pk, sk }));
    if (now && now.layout !== layout) return { applied: true, ready: [], ended: false };
    throw error;
  }

  /** Whether no task is open. */
  async allEnded(executionId: string, execution: ExecutionItem): Promise<boolean> {
    const { layout, lasts = 0, lastTask, sweep, counts } = execution;
    if (layout === undefined) return true;
    if (sweep) return false;
    if (counts) return openOf(counts) === 0;
    if (lasts > 1) return this.#parts.fanIn.isAtEnd(executionId, layout);
    if (lastTask === undefined) return true;
    const task = await this.#parts.table.get<TaskItem>(taskKey({ executionId, taskId: lastTask }, layout));
    return task !== undefined && isEnded(task);
  }
}

const isRepeatedEnd = (item: TaskItem, { expect, set }: TaskChange): boolean =>
  isEnded(item) && item.attempt === expect.attempt && item.status === set.status;

function inOrderOf(resolve: readonly Resolution[], tasks: Task[]): Task[] {
  const places = new Map(resolve.map(({ taskId }, at) => [taskId, at]));
  return tasks.sort((a, b) => places.get(a.taskId)! - places.get(b.taskId)!);
}
