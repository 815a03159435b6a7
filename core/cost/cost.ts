/** What an execution costs on AWS, wherever it ran. */
import { INLINE_BYTES_MAX } from '../execution/payload.ts';
import { Book, type Counts } from './book.ts';
import { ITEM_OVERHEAD_BYTES, READ_BYTES, WRITE_BYTES } from './footprint.ts';
import type { History } from './history.ts';
import { lookAgain, report } from './outbox.ts';
import { GB } from './requests.ts';
import { type CostSettings, ON_AWS } from './settings.ts';
import { metaSize, taskSize } from './sizes.ts';
import { type Bill, billOf, type Units } from './units.ts';
import { walk } from './walk.ts';

export interface Cost {
  /** Of this execution and its children. */
  executions: number;
  tasks: number;
  units: Units;
  counts: Counts;
  bill: Bill;
}

/** What is kept is kept for a month; each further one costs as much again. */
const KEPT_MONTHS = 1;

/** Goes through the history of an execution and its children: the same history costs the same, on every host and at any age. */
export async function costOf(history: History, settings: Partial<CostSettings> = {}): Promise<Cost> {
  const book = new Book();
  const all = [...withChildren(history)];
  for (const one of all) await enter(book, one, { ...ON_AWS, ...settings });
  book.add('logGbMonths', (book.units.logGb ?? 0) * KEPT_MONTHS);
  return {
    executions: all.length,
    tasks: all.reduce((sum, { tasks }) => sum + tasks.length, 0),
    units: book.units,
    counts: book.counts,
    bill: billOf(book.units),
  };
}

export function* withChildren(history: History): Generator<History> {
  yield history;
  for (const child of history.children) yield* withChildren(child);
}

async function enter(book: Book, history: History, settings: CostSettings): Promise<void> {
  const news = await walk(history, settings, book);
  const { log, feed } = report(book, news);
  lookAgain(book, news);
  const items = [metaSize(history.execution), ...history.tasks.map(taskSize)].flatMap(
    ({ itemBytes, besideBytes }) => [itemBytes, ...besideBytes],
  );
  const gbMonths = (KEPT_MONTHS * sizeOf([...items, ...log, ...feed])) / GB;
  book.add('tableGbMonths', gbMonths);
  book.add('backupGbMonths', gbMonths);
  book.add('s3GbMonths', (KEPT_MONTHS * largePayloads(history) * INLINE_BYTES_MAX) / GB);
  // What is in the feed goes by itself, and the execution's own item; the rest is deleted after that, item by item.
  if (settings.isDeleted) remove(book, [...items.slice(1), ...log]);
}

/** Outputs that lie in the bucket, each at least as large as what would lie in the table. */
const largePayloads = ({ execution, tasks }: History): number =>
  [execution, ...tasks].filter(({ outputRef }) => outputRef !== undefined).length;

const sizeOf = (items: readonly number[]): number =>
  items.reduce((sum, bytes) => sum + bytes + ITEM_OVERHEAD_BYTES, 0);

function remove(book: Book, items: readonly number[]): void {
  book.add('readUnits', Math.ceil(sizeOf(items) / READ_BYTES) / 2);
  book.add(
    'writeUnits',
    items.reduce((sum, bytes) => sum + Math.max(1, Math.ceil(bytes / WRITE_BYTES)), 0),
  );
}
