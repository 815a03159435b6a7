/** What people and APIs read of executions and tasks; see `log-reader.ts` for events. */
import type { HoldfastEvent } from '../../core/event/event.ts';
import { countsOf, noCounts, openOf } from '../../core/execution/counts.ts';
import {
  EXECUTION_UNENDED,
  type ExecutionStatus,
  type Task,
  type TaskRef,
} from '../../core/execution/execution.ts';
import type {
  EventFilter,
  ExecutionFilter,
  ExecutionReader,
  ExecutionView,
  TaskCounts,
  TaskFilter,
} from '../../core/ports/execution-store.ts';
import { eachOf } from '../../core/side-by-side.ts';
import { type ExecutionItem, executionOf } from './execution-items.ts';
import { ExecutionLists } from './execution-lists.ts';
import type { ItemTable } from './item-table.ts';
import { executionIdOf, metaKey } from './keys.ts';
import { LargeValues } from './large-values.ts';
import { Layouts } from './layout.ts';
import { LogReader } from './log-reader.ts';
import { taskOf, wholeTaskOf } from './task-items.ts';

const READS_AT_ONCE = 16;
/** Totals are asked for every few seconds by whoever scrapes metrics: bounds what they cost to some hundred read units. */
const LIVE_MAX = 100;
const LIVE_TASKS_MAX = 2_000;

export class DynamoExecutionReader implements ExecutionReader {
  readonly #table: ItemTable;
  readonly #values: LargeValues;
  readonly #layouts: Layouts;
  readonly #lists: ExecutionLists;
  readonly #log: LogReader;

  constructor(table: ItemTable) {
    this.#table = table;
    this.#values = new LargeValues(table);
    this.#layouts = new Layouts(table, this.#values);
    this.#lists = new ExecutionLists(table);
    this.#log = new LogReader(table);
  }

  async get(id: string): Promise<ExecutionView | undefined> {
    const item = await this.#table.get<ExecutionItem>(metaKey(id));
    return item && this.#view(item);
  }

  async list(filter: ExecutionFilter): Promise<ExecutionView[]> {
    const items = await this.#lists.find(filter);
    const views: ExecutionView[] = [];
    await eachOf(items, READS_AT_ONCE, async (item, at) => {
      views[at] = await this.#view(item);
    });
    return views;
  }

  async counts(executionId: string): Promise<TaskCounts> {
    const item = await this.#table.get<ExecutionItem>(metaKey(executionId));
    return item ? this.#countsOf(item) : noCounts();
  }

  async task(ref: TaskRef): Promise<Task | undefined> {
    const item = await this.#layouts.task(ref);
    return item && wholeTaskOf(item, this.#values);
  }

  /** Reads all tasks of the execution, whatever the page: their keys are their names, not their places. */
  async tasks(executionId: string, filter: TaskFilter): Promise<Task[]> {
    const { statuses, type, afterIndex = -1, limit } = filter;
    const execution = await this.#table.get<ExecutionItem>(metaKey(executionId));
    const items = await this.#layouts.tasks(executionId, execution?.layout);
    const page = items
      .filter((item) => item.index > afterIndex && (type === undefined || item.type === type))
      .filter((item) => !statuses || statuses.includes(taskOf(item).status))
      .sort((a, b) => a.index - b.index)
      .slice(0, limit);
    return Promise.all(page.map((item) => wholeTaskOf(item, this.#values)));
  }

  events(executionId: string, filter: EventFilter): Promise<HoldfastEvent[]> {
    return this.#log.events(executionId, filter);
  }

  feed(cursor: number, limit: number): Promise<{ events: HoldfastEvent[]; cursor: number }> {
    return this.#log.feed(cursor, limit);
  }

  /**
   * As far as the stream was read. Tasks of executions that have not ended are counted now while that is little to read; where much
   * goes on they are counted when their execution ends. What retention deleted stays in the sums.
   */
  async totals(): Promise<{ executions: Record<ExecutionStatus, number>; tasks: TaskCounts }> {
    const { executions, tasks } = await this.#log.totals();
    for (const counts of await this.#liveCounts(executions))
      for (const [status, count] of Object.entries(counts)) tasks[status as keyof TaskCounts] += count;
    return { executions, tasks };
  }

  /** Of the executions that have not ended; none where there are many, or large ones. */
  async #liveCounts(executions: Record<ExecutionStatus, number>): Promise<TaskCounts[]> {
    const live = EXECUTION_UNENDED.reduce((sum, status) => sum + executions[status], 0);
    if (live > LIVE_MAX) return [];
    const items = await this.#lists.find({ statuses: [...EXECUTION_UNENDED], limit: LIVE_MAX });
    if (items.reduce((sum, { total }) => sum + total, 0) > LIVE_TASKS_MAX) return [];
    const counts: TaskCounts[] = [];
    await eachOf(items, READS_AT_ONCE, async (item) => counts.push(await this.#countsOf(item)));
    return counts;
  }

  async #view(item: ExecutionItem): Promise<ExecutionView> {
    const [execution, counts] = await Promise.all([executionOf(item, this.#values), this.#countsOf(item)]);
    return { ...execution, open: openOf(counts) };
  }

  async #countsOf({ pk, layout, counts }: ExecutionItem): Promise<TaskCounts> {
    if (counts) return counts;
    return countsOf((await this.#layouts.tasks(executionIdOf(pk)!, layout)).map(taskOf));
  }
}
