/**
 * What each port call takes of the AWS adapters (`adapters/aws`): one table, on demand, without transactions. A call is counted by its
 * name and added up in units; what takes nothing (places of pools that nobody sized, answers to task tokens) is only counted, or not
 * at all. `test/stores` holds these against what DynamoDB says a task consumes.
 */
import type { Execution } from '../execution/execution.ts';
import type { Book } from './book.ts';
import {
  GATE_PARENTS,
  INDEX_ENTRY_BYTES,
  MARK_BYTES,
  READ_BYTES,
  SMALL_ITEM_BYTES,
  TASK_ITEM_BYTES,
  WRITE_BYTES,
} from './footprint.ts';
import { jsonBytes, metaSize, type Sized, type TaskContent, taskSize } from './sizes.ts';

export interface TaskEnd {
  /** How many parents each child waits for that hears of the end. */
  children?: readonly number[];
  /** How many tasks the execution ends with, where this is one of them. */
  lasts?: number;
}

/** How a change shows in the list of executions: not at all, in its place, or in another one. */
type Listed = 'no' | 'there' | 'moved';

export type PortCalls = ReturnType<typeof createPortCalls>;

export function createPortCalls(book: Book) {
  /** Strongly consistent, as every read is that decides something. */
  const read = (bytes: number): void => {
    book.request();
    book.add('readUnits', Math.max(1, Math.ceil(bytes / READ_BYTES)));
  };
  const write = (bytes: number): void => {
    book.request();
    book.add('writeUnits', Math.max(1, Math.ceil(bytes / WRITE_BYTES)));
  };
  const writeEntries = (entries: number): void =>
    book.add('writeUnits', entries * Math.ceil(INDEX_ENTRY_BYTES / WRITE_BYTES));
  const readAll = ({ itemBytes, besideBytes }: Sized): void => [itemBytes, ...besideBytes].forEach(read);
  const writeAll = ({ itemBytes, besideBytes }: Sized): void => [...besideBytes, itemBytes].forEach(write);
  const readMeta = (execution: Execution): void => read(metaSize(execution).itemBytes);
  const queryTasks = (tasks: readonly TaskContent[]): void =>
    read(tasks.reduce((bytes, task) => bytes + taskSize(task).itemBytes, 0));

  /** One write; behind gates, a share of the writes by which they hand on what they counted. */
  const tell = (parents: number, itemBytes: number): void => {
    write(itemBytes + Math.min(parents, GATE_PARENTS) * MARK_BYTES);
    for (let gates = parents / GATE_PARENTS; gates > 1; gates /= GATE_PARENTS)
      book.add('writeUnits', Math.ceil(gates) / parents);
  };

  const changeTask = (
    execution: Execution,
    task: TaskContent,
    { children = [], lasts = 0 }: TaskEnd = {},
  ): void => {
    book.count('store.changeTask');
    book.count('resolved.children', children.length);
    readMeta(execution);
    writeAll(taskSize(task));
    for (const parents of children) tell(parents, TASK_ITEM_BYTES);
    if (lasts > 1) tell(lasts, SMALL_ITEM_BYTES);
  };

  return {
    /** The execution's item, its entries in the indexes, and one item for each that it comes after. */
    createExecution(execution: Execution): void {
      book.count('store.create');
      for (const _ of execution.after) write(SMALL_ITEM_BYTES);
      writeAll(metaSize({ ...execution, errors: [], output: undefined }, false));
      writeEntries(1 + (execution.parent ? 1 : 0) + (execution.correlationId === undefined ? 0 : 1));
    },

    getExecution(execution: Execution): void {
      book.count('store.get');
      readAll(metaSize(execution));
    },

    /** Read, decided, written. */
    changeExecution(execution: Execution, listed: Listed = 'no'): void {
      book.count('store.change');
      readAll(metaSize(execution));
      write(metaSize(execution).itemBytes);
      writeEntries({ no: 0, there: 1, moved: 2 }[listed]);
    },

    /** Of an end: the tasks are counted, and large values written. */
    countTasks(execution: Execution, tasks: readonly TaskContent[]): void {
      queryTasks(tasks);
      metaSize(execution).besideBytes.forEach(write);
    },

    /** An item a task, its gates, and the one that counts the last tasks. `old`: tasks that stood before, read and deleted. */
    layOut(
      seeds: readonly TaskContent[],
      gates: number,
      lasts: number,
      old: readonly TaskContent[] = [],
    ): void {
      book.count('layout.tasks', seeds.length);
      for (const seed of seeds) writeAll(taskSize(seed));
      for (let at = 0; at < gates + (lasts > 1 ? 1 : 0); at++) write(SMALL_ITEM_BYTES);
      if (old.length === 0) return;
      queryTasks(old);
      queryTasks(old);
      for (const _ of old) write(SMALL_ITEM_BYTES);
    },

    /** Ends what is open: read, then written one by one, then the counts. */
    cancelOpen(execution: Execution, tasks: readonly TaskContent[], open: number): void {
      queryTasks(tasks);
      for (let at = 0; at < open; at++) write(TASK_ITEM_BYTES);
      write(metaSize(execution).itemBytes);
    },

    /** With the execution, which says where its tasks are. */
    task(execution: Execution, task: TaskContent): void {
      book.count('store.task');
      readMeta(execution);
      readAll(taskSize(task));
    },

    /** A query of all of them, whatever of them is asked for; large outputs of those are read one by one. */
    tasks(execution: Execution, tasks: readonly TaskContent[], asked: readonly TaskContent[] = []): void {
      book.count('store.tasks');
      readMeta(execution);
      queryTasks(tasks);
      for (const task of asked) taskSize(task).besideBytes.forEach(read);
    },

    /** The execution is read, the task written; of an end each child hears, and what counts the last tasks. */
    changeTask,

    /** A task that nobody can run is found by its type. */
    parkTask(execution: Execution, task: TaskContent): void {
      changeTask(execution, task);
      read(TASK_ITEM_BYTES);
      writeEntries(2);
    },

    /** The last task of all looks for the token of the state that waits. */
    readToken: readMeta,

    allEnded(execution: Execution): void {
      book.count('store.allEnded');
      readMeta(execution);
      read(TASK_ITEM_BYTES);
    },

    dependents(): void {
      book.count('store.dependents');
      read(0);
    },

    checkpoint(): void {
      book.count('store.checkpoint');
      read(0);
    },

    /** Kept once, its payload beside it. */
    putSignal(execution: Execution, payload: unknown): void {
      book.count('store.putSignal');
      readMeta(execution);
      write(jsonBytes(payload));
      write(SMALL_ITEM_BYTES + jsonBytes(payload));
    },

    signal(): void {
      book.count('store.signal');
      read(0);
    },

    getDefinition(bytes: number): void {
      book.count('workflows.getDefinition');
      read(bytes);
    },

    /** By its number, through the newest one's where none is named. */
    getVersion(bytes: number): void {
      book.count('workflows.getVersion');
      read(0);
      read(bytes);
    },

    putDefinition(bytes: number): void {
      book.count('workflows.putDefinition');
      write(bytes);
    },

    putPayload(): void {
      book.count('payloads.put');
      book.request();
      book.add('s3Puts', 1);
    },

    getPayload(): void {
      book.count('payloads.get');
      book.request();
      book.add('s3Gets', 1);
    },

    /** Whether any pool is sized, and who runs the type: kept for some seconds, so read about once by each environment. */
    learnHost(): void {
      read(SMALL_ITEM_BYTES);
      read(SMALL_ITEM_BYTES);
    },

    findType: (): void => book.count('types.find'),
    acquire: (times = 1): void => book.count('slots.acquire', times),
    release: (times = 1): void => book.count('slots.release', times),
    limit: (): void => book.count('slots.limit'),
    /** One read where a pool is sized; nothing, as the others, where none is. */
    holders: (): void => book.count('slots.holders'),
  };
}
