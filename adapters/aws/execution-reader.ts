/** What people and APIs read of executions and tasks; see `log-reader.ts` for events. */
import type { HoldfastEvent } from '../../core/event/event.ts';
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
import { countsOf, noCounts, openOf } from './counts.ts';
import { type ExecutionItem, executionOf } from './execution-items.ts';
import { ExecutionLists } from './execution-lists.ts';
import type { ItemTable } from './item-table.ts';
import { executionIdOf, metaKey } from './keys.ts';
import { LargeValues } from './large-values.ts';
import { Layouts } from './layout.ts';
import { LogReader } from './log-reader.ts';
import { eachOf } from './side-by-side.ts';
import { taskOf, wholeTaskOf } from './task-items.ts';

const READS_AT_ONCE = 16;

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
   * As far as the stream was read; tasks of executions that have not ended are counted now. Those that retention deleted stay in
   * the sums.
   */
  async totals(): Promise<{ executions: Record<ExecutionStatus, number>; tasks: TaskCounts }> {
    const { executions, tasks } = await this.#log.totals();
    const live = await this.#lists.find({ statuses: [...EXECUTION_UNENDED], limit: Infinity });
    await eachOf(live, READS_AT_ONCE, async (item) => {
      const counts = await this.#countsOf(item);
      for (const [status, count] of Object.entries(counts)) tasks[status as keyof TaskCounts] += count;
    });
    return { executions, tasks };
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
