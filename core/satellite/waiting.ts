/** Bundles that wait for a link, in three orders: the next of each precedence, the first to give up, the first to evict. */
import { Heap, type Heaped } from '../heap.ts';
import { PRECEDENCES } from './precedence.ts';
import type { QueuedBundle, Totals } from './queued-bundle.ts';

/** In one of the orders. Its keys are here and not in the entry: comparing them is most of the work. */
interface Placed extends Heaped {
  atMs: number;
  order: number;
  entry: Entry;
}

/** Bytes `[startByte, endByte)` of a bundle. */
export interface ByteRange {
  startByte: number;
  endByte: number;
}

export interface Entry {
  bundle: QueuedBundle;
  /** Index into `PRECEDENCES`, after demotion. */
  level: number;
  deadlineMs: number;
  /** What is to be sent; the last is next. */
  ranges: ByteRange[];
  toSendBytes: number;
  /** What isn't answered for, and what is to be sent. */
  unsentBytes: number;
  /** Out of turn. */
  isAside: boolean;
  /** Places in the three orders. */
  next: Placed;
  hopeless: Placed;
  worst: Placed;
}

const isIn = ({ place }: Heaped): boolean => place >= 0;

export class Waiting {
  readonly byLevel: Totals[] = PRECEDENCES.map(() => ({ bundles: 0, bytes: 0 }));
  readonly #next = PRECEDENCES.map(() => new Heap<Placed>(isSooner));
  readonly #worst = PRECEDENCES.map(() => new Heap<Placed>((a, b) => isSooner(b, a)));
  readonly #hopeless = new Heap<Placed>(isSooner);
  readonly #lastStartMs: (entry: Entry) => number;
  readonly #entries = new Map<string, Entry>();
  #setAside: Entry[] = [];
  #order = 0;

  /** `lastStartMs`: when the rest of a bundle has to leave at the latest. */
  constructor(lastStartMs: (entry: Entry) => number) {
    this.#lastStartMs = lastStartMs;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  add(bundle: QueuedBundle, level: number): Entry {
    const { sizeBytes, sentBytes = 0, deadlineMs = Infinity } = bundle;
    const unsentBytes = sizeBytes - sentBytes;
    const entry = {
      bundle,
      level,
      deadlineMs,
      ranges: [{ startByte: sentBytes, endByte: sizeBytes }],
      toSendBytes: unsentBytes,
      unsentBytes,
      isAside: false,
    } as Entry;
    const order = this.#order++;
    for (const name of ['next', 'hopeless', 'worst'] as const)
      entry[name] = { place: -1, atMs: deadlineMs, order, entry };
    entry.hopeless.atMs = this.#lastStartMs(entry);
    this.#entries.set(bundle.id, entry);
    this.#count(entry, 1, unsentBytes);
    this.#next[level]!.add(entry.next);
    this.#worst[level]!.add(entry.worst);
    if (deadlineMs < Infinity) this.#hopeless.add(entry.hopeless);
    return entry;
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry.bundle.id);
    this.#count(entry, -1, -entry.unsentBytes);
    if (isIn(entry.next)) this.#next[entry.level]!.remove(entry.next);
    if (isIn(entry.hopeless)) this.#hopeless.remove(entry.hopeless);
    this.#worst[entry.level]!.remove(entry.worst);
  }

  first(level: number): Entry | undefined {
    return this.#next[level]!.peek()?.entry;
  }

  firstHopeless(): Entry | undefined {
    return this.#hopeless.peek()?.entry;
  }

  /** The latest deadline of a precedence, and of those the last that came. */
  worst(level: number): Entry | undefined {
    return this.#worst[level]!.peek()?.entry;
  }

  /** Hands out the first bytes that are to be sent, at most so many. */
  take(entry: Entry, sizeBytes: number): ByteRange {
    const range = entry.ranges.at(-1)!;
    const taken = { startByte: range.startByte, endByte: range.startByte + sizeBytes };
    range.startByte = taken.endByte;
    if (range.startByte === range.endByte) entry.ranges.pop();
    entry.toSendBytes -= sizeBytes;
    this.#settle(entry);
    return taken;
  }

  /** They are there. */
  confirm(entry: Entry, { startByte, endByte }: ByteRange): void {
    entry.unsentBytes -= endByte - startByte;
    this.#count(entry, 0, startByte - endByte);
    if (entry.unsentBytes === 0) this.remove(entry);
  }

  /** They are to be sent again, before the rest. */
  giveBack(entry: Entry, range: ByteRange): void {
    entry.ranges.push({ ...range });
    entry.toSendBytes += range.endByte - range.startByte;
    this.#settle(entry);
  }

  /** Keeps it out of turn until `putBack`. */
  setAside(entry: Entry): void {
    this.#next[entry.level]!.remove(entry.next);
    entry.isAside = true;
    this.#setAside.push(entry);
  }

  putBack(): void {
    const entries = this.#setAside;
    this.#setAside = [];
    for (const entry of entries) {
      entry.isAside = false;
      if (this.#entries.get(entry.bundle.id) === entry) this.#settle(entry);
    }
  }

  #settle(entry: Entry): void {
    const isToSend = entry.toSendBytes > 0;
    const next = this.#next[entry.level]!;
    if (!isToSend && isIn(entry.next)) next.remove(entry.next);
    if (isToSend && !isIn(entry.next) && !entry.isAside) next.add(entry.next);
    if (entry.deadlineMs === Infinity) return;
    entry.hopeless.atMs = this.#lastStartMs(entry);
    if (!isIn(entry.hopeless)) {
      if (isToSend) this.#hopeless.add(entry.hopeless);
    } else if (isToSend) this.#hopeless.update(entry.hopeless);
    else this.#hopeless.remove(entry.hopeless);
  }

  #count(entry: Entry, bundles: number, bytes: number): void {
    const totals = this.byLevel[entry.level]!;
    totals.bundles += bundles;
    totals.bytes += bytes;
  }
}

/** Earliest deadline first, then first come. */
function isSooner(a: Placed, b: Placed): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
