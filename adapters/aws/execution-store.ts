/** The state of executions on DynamoDB; see the port for what it promises, `keys.ts` for where what is. */
import type { NewEvent } from '../../core/event/event.ts';
import type { AttemptRef, Execution, Task, TaskRef, TaskStatus } from '../../core/execution/execution.ts';
import type { JsonValue } from '../../core/json.ts';
import type {
  ExecutionChange,
  ExecutionChanged,
  ExecutionStore,
  NewExecution,
  Signal,
  TaskChange,
  TaskChanged,
} from '../../core/ports/execution-store.ts';
import { eachOf } from '../../core/side-by-side.ts';
import { ExecutionChanges } from './execution-changes.ts';
import { type ExecutionItem, executionOf } from './execution-items.ts';
import type { Retention } from './expiry.ts';
import { FanIn } from './fan-in.ts';
import { ItemTable, type Key } from './item-table.ts';
import { AFTER, executionIdOf, executionPk, metaKey, parkedPk, taskIdOf, UNPLACED_PK } from './keys.ts';
import { Layouts } from './layout.ts';
import { Progress } from './progress.ts';
import { TaskChanges } from './task-changes.ts';
import { taskOf, wholeTaskOf } from './task-items.ts';
import { LargeValues } from './large-values.ts';

const READS_AT_ONCE = 32;

export class DynamoExecutionStore implements ExecutionStore {
  readonly #table: ItemTable;
  readonly #values: LargeValues;
  readonly #layouts: Layouts;
  readonly #executions: ExecutionChanges;
  readonly #tasks: TaskChanges;
  readonly #progress: Progress;

  constructor(table: ItemTable, retention: Retention = {}) {
    this.#table = table;
    this.#values = new LargeValues(table);
    this.#layouts = new Layouts(table, this.#values);
    const parts = { table, values: this.#values, layouts: this.#layouts, fanIn: new FanIn(table), retention };
    this.#executions = new ExecutionChanges(parts);
    this.#tasks = new TaskChanges(parts);
    this.#progress = new Progress(table, this.#values, this.#layouts);
  }

  create(execution: NewExecution, events: NewEvent[]): Promise<{ created: boolean; execution: Execution }> {
    return this.#executions.create(execution, events);
  }

  async get(id: string): Promise<Execution | undefined> {
    const item = await this.#table.get<ExecutionItem>(metaKey(id));
    return item && executionOf(item, this.#values);
  }

  change(change: ExecutionChange): Promise<ExecutionChanged> {
    return this.#executions.apply(change);
  }

  async task(ref: TaskRef): Promise<Task | undefined> {
    const item = await this.#layouts.task(ref);
    return item && wholeTaskOf(item, this.#values);
  }

  async tasks(executionId: string, statuses?: readonly TaskStatus[]): Promise<Task[]> {
    const execution = await this.#table.get<ExecutionItem>(metaKey(executionId));
    const items = await this.#layouts.tasks(executionId, execution?.layout);
    const wanted = items.filter((item) => !statuses || statuses.includes(taskOf(item).status));
    const tasks: Task[] = [];
    await eachOf(wanted, READS_AT_ONCE, async (item) => tasks.push(await wholeTaskOf(item, this.#values)));
    return tasks.sort((a, b) => a.index - b.index);
  }

  changeTask(change: TaskChange): Promise<TaskChanged> {
    return this.#tasks.apply(change);
  }

  async allEnded(executionId: string): Promise<boolean> {
    const execution = await this.#table.get<ExecutionItem>(metaKey(executionId));
    return execution !== undefined && this.#tasks.allEnded(executionId, execution);
  }

  parked(type: string): Promise<TaskRef[]> {
    return this.#parkedUnder(parkedPk(type));
  }

  unplaced(): Promise<TaskRef[]> {
    return this.#parkedUnder(UNPLACED_PK);
  }

  async #parkedUnder(pk: string): Promise<TaskRef[]> {
    const keys = await this.#table.query<Key>({
      pk,
      index: { name: 'related', partitionKey: 'related' },
    });
    return keys.map(({ pk, sk }) => ({ executionId: executionIdOf(pk)!, taskId: taskIdOf(sk) }));
  }

  async dependents(executionId: string): Promise<string[]> {
    const edges = await this.#table.query<Key>({
      pk: executionPk(executionId),
      that: 'begins_with(#sk, :after)',
      values: { after: AFTER },
      consistent: true,
    });
    const ids = [...new Set(edges.map(({ sk }) => sk.slice(sk.indexOf('#', AFTER.length) + 1)))];
    const found = await this.#table.getAll<ExecutionItem>(ids.map(metaKey));
    return found
      .filter(({ status, after }) => status === 'QUEUED' && after?.includes(executionId))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ pk }) => executionIdOf(pk)!);
  }

  saveCheckpoint(ref: AttemptRef, value: JsonValue): Promise<boolean> {
    return this.#progress.saveCheckpoint(ref, value);
  }

  checkpoint(ref: TaskRef): Promise<JsonValue | undefined> {
    return this.#progress.checkpoint(ref);
  }

  putSignal(executionId: string, signal: Signal, event: NewEvent): Promise<boolean> {
    return this.#progress.putSignal(executionId, signal, event);
  }

  signal(executionId: string, name: string): Promise<Signal | undefined> {
    return this.#progress.signal(executionId, name);
  }
}
