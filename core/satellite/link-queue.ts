/** What waits for one link, and what of it is sent next. */
import { Conflict, HoldfastError, InvalidInput } from '../errors.ts';
import { checkNumber, checkTime } from '../link-health/checks.ts';
import type { ContactBudget } from './contact-budget.ts';
import { Policer, type Policing, policingOf } from './policing.ts';
import { PRECEDENCES, type Precedence } from './precedence.ts';
import {
  checkBundle,
  type Fragment,
  type QueuedBundle,
  type QueueReport,
  type QueueTotals,
} from './queued-bundle.ts';
import { type ShareOptions, Shares } from './shares.ts';
import { type ByteRange, type Entry, Waiting } from './waiting.ts';

export interface LinkQueueOptions extends ShareOptions {
  /** The fastest that the link gets. */
  rateBitsPerSecond: number;
  /** The shortest delay that it gets. @default 0 */
  delayMs?: number;
  /** A bundle that is being sent makes way for a more urgent one after so much. @default 64 KiB */
  fragmentBytesMax?: number;
  /** Less isn't worth a fragment of its own, unless it is the rest of a bundle. @default 256 */
  fragmentBytesMin?: number;
  /** What each fragment takes on the air beside its part of the bundle. @default 0 */
  overheadBytes?: number;
  /** What each originator may send ahead of others. @default `policingOf(rateBitsPerSecond)` */
  policing?: Policing;
  /** Beyond it, what is less precedent is evicted for what is more. @default unlimited */
  capacityBytes?: number;
  /** @default 1,000,000 */
  bundlesMax?: number;
}

/** There is no room, and nothing less precedent that could make some. */
export class QueueFull extends HoldfastError {
  override readonly name = 'QueueFull';
  override readonly kind = 'limited';
}

interface Outstanding {
  entry: Entry;
  range: ByteRange;
}

/** Token buckets, one an originator and precedence; beyond it, newcomers are demoted until others are full. */
const BUCKETS_MAX = 100_000;
/** Looked at in one call where what is left of a contact is too small for them. */
const MISFITS_MAX = 64;

/**
 * A state machine; times come in and never go back. Flash-override, flash and immediate are strict and policed for
 * each originator; priority, routine and deferred share what is left by deficit round robin; floors hold at any load;
 * within a precedence the earliest deadline is first. Each operation is O(log n).
 */
export class LinkQueue {
  readonly #options: Required<Omit<LinkQueueOptions, keyof ShareOptions | 'policing'>>;
  readonly #policer: Policer;
  readonly #shares: Shares;
  readonly #waiting: Waiting;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #totals: QueueTotals = totalsOf(() => ({ bundles: 0, bytes: 0 }));
  #reports: QueueReport[] = [];
  #budget: ContactBudget | undefined;
  #fragments = 0;

  /** Errors: `InvalidInput`. */
  constructor(options: LinkQueueOptions) {
    const { rateBitsPerSecond, delayMs = 0, policing = policingOf(rateBitsPerSecond) } = options;
    const { fragmentBytesMax = 65_536, overheadBytes = 0, capacityBytes = Infinity } = options;
    const { fragmentBytesMin = Math.min(256, fragmentBytesMax), bundlesMax = 1_000_000 } = options;
    checkNumber('rateBitsPerSecond', rateBitsPerSecond, { least: 1e-6, most: 1e18 });
    checkNumber('delayMs', delayMs, { least: 0, most: 1e12 });
    checkNumber('fragmentBytesMax', fragmentBytesMax, { least: 1, most: 2 ** 40, isWhole: true });
    checkNumber('fragmentBytesMin', fragmentBytesMin, { least: 1, most: fragmentBytesMax, isWhole: true });
    checkNumber('overheadBytes', overheadBytes, { least: 0, most: 65_536, isWhole: true });
    checkNumber('bundlesMax', bundlesMax, { least: 1, most: 1e9 });
    if (!(capacityBytes >= 1))
      throw new InvalidInput(`capacityBytes is ${capacityBytes}.`, 'Give bytes from 1.');
    this.#options = {
      rateBitsPerSecond,
      delayMs,
      fragmentBytesMax,
      fragmentBytesMin,
      overheadBytes,
      capacityBytes,
      bundlesMax,
    };
    this.#policer = new Policer(policing, BUCKETS_MAX);
    this.#shares = new Shares(fragmentBytesMax, options);
    this.#waiting = new Waiting((entry) => this.#lastStartMs(entry));
  }

  /**
   * Accepts a bundle and tells the precedence that it got.
   * Errors: `InvalidInput`, `Conflict` for one that waits already, `QueueFull`.
   */
  enqueue(bundle: QueuedBundle, nowMs: number): Precedence {
    checkTime(nowMs);
    checkBundle(bundle);
    if (this.#waiting.get(bundle.id))
      throw new Conflict(`Bundle ${bundle.id} waits for this link already.`, 'Send each bundle once.');
    const bytes = bundle.sizeBytes - (bundle.sentBytes ?? 0);
    const precedence = this.#policer.admit(bundle.precedence, bundle.originator, bytes, nowMs);
    this.#makeRoom(bundle, bytes, PRECEDENCES.indexOf(precedence), nowMs);
    add(this.#totals.accepted, bytes);
    if (precedence !== bundle.precedence) {
      add(this.#totals.demoted, bytes);
      this.#reports.push({ kind: 'demoted', bundle, atMs: nowMs, to: precedence });
    }
    this.#waiting.add(bundle, PRECEDENCES.indexOf(precedence));
    return precedence;
  }

  /**
   * The fragment to send now, taken from the contact's budget; undefined where nothing is waiting or nothing of it
   * fits into what is left. Call `sent` or `failed` for it, in any order, before or after the next.
   */
  next(nowMs: number, budget: ContactBudget): Fragment | undefined {
    this.expire(nowMs);
    if (budget !== this.#budget) this.#waiting.putBack();
    this.#budget = budget;
    const left = budget.leftBytes(nowMs) - this.#options.overheadBytes;
    const misfits = { left: MISFITS_MAX };
    const level = this.#shares.next((of) => this.#nextBytes(of, left, misfits, nowMs));
    if (level < 0) return undefined;
    const entry = this.#waiting.first(level)!;
    const sizeBytes = this.#sizeBytes(entry, left);
    const range = this.#waiting.take(entry, sizeBytes);
    const number = this.#fragments++;
    this.#outstanding.set(number, { entry, range });
    const { bundle } = entry;
    const airtime = budget.take(sizeBytes + this.#options.overheadBytes, nowMs);
    return {
      number,
      bundle,
      precedence: PRECEDENCES[level]!,
      offsetBytes: range.startByte,
      sizeBytes,
      ...airtime,
    };
  }

  /** It is there. Tells whether the whole bundle is; what isn't outstanding any more is nothing new. */
  sent({ number }: Pick<Fragment, 'number'>): boolean {
    const found = this.#answered(number);
    if (!found) return false;
    const { entry, range } = found;
    this.#waiting.confirm(entry, range);
    this.#totals.sent.bytes += range.endByte - range.startByte;
    const isWhole = entry.unsentBytes === 0;
    if (isWhole) this.#totals.sent.bundles++;
    return isWhole;
  }

  /** It was lost, and is sent again before the rest of its bundle. */
  failed({ number }: Pick<Fragment, 'number'>): void {
    const found = this.#answered(number);
    if (found) this.#waiting.giveBack(found.entry, found.range);
  }

  /**
   * Drops what can no longer arrive in time, with a report. At a contact's end `leavesMs` is when the next one starts.
   */
  expire(nowMs: number, leavesMs = nowMs): void {
    checkTime(nowMs);
    for (;;) {
      const entry = this.#waiting.firstHopeless();
      if (!entry || this.#lastStartMs(entry) >= leavesMs) return;
      this.#giveUp(entry, 'expired', nowMs, hopelessBecause(entry, leavesMs, this.#lastStartMs(entry)));
    }
  }

  /** Takes a bundle out, to be sent another way. Tells whether it was waiting. */
  evict(id: string, nowMs: number, reason: string): boolean {
    const entry = this.#waiting.get(id);
    if (entry) this.#giveUp(entry, 'evicted', checkTime(nowMs), reason);
    return entry !== undefined;
  }

  /** Those since the last call. */
  takeReports(): QueueReport[] {
    const reports = this.#reports;
    this.#reports = [];
    return reports;
  }

  totals(): QueueTotals {
    const totals = totalsOf((name) => ({ ...this.#totals[name] }));
    for (const { bundles, bytes } of this.#waiting.byLevel) {
      totals.waiting.bundles += bundles;
      totals.waiting.bytes += bytes;
    }
    return totals;
  }

  /** Bundles and bytes that wait. */
  depth(precedence: Precedence): { bundles: number; bytes: number } {
    return { ...this.#waiting.byLevel[PRECEDENCES.indexOf(precedence)]! };
  }

  #lastStartMs({ deadlineMs, toSendBytes }: Entry): number {
    const { delayMs, rateBitsPerSecond } = this.#options;
    return deadlineMs - delayMs - (toSendBytes * 8000) / rateBitsPerSecond;
  }

  #nextBytes(level: number, leftBytes: number, misfits: { left: number }, nowMs: number): number {
    for (;;) {
      const entry = this.#waiting.first(level);
      if (!entry) return 0;
      const lateMs = this.#lateMs(entry, leftBytes);
      if (lateMs > 0) {
        this.#giveUp(entry, 'expired', nowMs, `its rest would leave ${Math.ceil(lateMs)} ms too late`);
        continue;
      }
      const sizeBytes = this.#sizeBytes(entry, leftBytes);
      if (sizeBytes > 0) return sizeBytes;
      if (leftBytes <= 0 || misfits.left-- <= 0) return 0;
      this.#waiting.setAside(entry);
    }
  }

  /** How much too late the rest leaves in the next contact. */
  #lateMs({ deadlineMs, toSendBytes }: Entry, leftBytes: number): number {
    const nextStartMs = this.#budget?.nextStartMs;
    if (nextStartMs === undefined || toSendBytes <= leftBytes) return 0;
    const { delayMs, rateBitsPerSecond } = this.#options;
    const restMs = ((toSendBytes - Math.max(0, leftBytes)) * 8000) / rateBitsPerSecond;
    return nextStartMs + restMs + delayMs - deadlineMs;
  }

  /** 0 where it doesn't fit. */
  #sizeBytes({ bundle, ranges }: Entry, leftBytes: number): number {
    const { startByte, endByte } = ranges.at(-1)!;
    const rest = endByte - startByte;
    if (bundle.isFragmentable === false) return rest <= leftBytes ? rest : 0;
    const size = Math.min(rest, this.#options.fragmentBytesMax, leftBytes);
    return size === rest || size >= this.#options.fragmentBytesMin ? Math.max(0, size) : 0;
  }

  #answered(number: number): Outstanding | undefined {
    const found = this.#outstanding.get(number);
    this.#outstanding.delete(number);
    return found && this.#waiting.get(found.entry.bundle.id) === found.entry ? found : undefined;
  }

  #giveUp(entry: Entry, kind: 'expired' | 'evicted', atMs: number, reason: string): void {
    const { bundle, unsentBytes } = entry;
    this.#waiting.remove(entry);
    add(this.#totals[kind], unsentBytes);
    this.#reports.push({ kind, bundle, atMs, unsentBytes, reason });
  }

  #makeRoom(bundle: QueuedBundle, bytes: number, level: number, nowMs: number): void {
    const { capacityBytes, bundlesMax } = this.#options;
    const { waiting } = this.totals();
    let tooManyBytes = waiting.bytes + bytes - capacityBytes;
    let tooMany = waiting.bundles + 1 - bundlesMax;
    if (tooManyBytes <= 0 && tooMany <= 0) return;
    const below = this.#waiting.byLevel.slice(level + 1);
    const sum = (of: 'bundles' | 'bytes') => below.reduce((total, totals) => total + totals[of], 0);
    if (tooManyBytes > sum('bytes') || tooMany > sum('bundles'))
      throw new QueueFull(
        `The queue has ${waiting.bundles} bundles of ${waiting.bytes} bytes waiting, and bundle ${bundle.id} is of ${bytes} more.`,
        'Send it another way, or again when some have gone; what waits is as precedent or more so.',
      );
    for (let victims = PRECEDENCES.length - 1; victims > level; )
      if (tooManyBytes <= 0 && tooMany <= 0) return;
      else {
        const victim = this.#waiting.worst(victims);
        if (victim) {
          tooManyBytes -= victim.unsentBytes;
          tooMany--;
          this.#giveUp(
            victim,
            'evicted',
            nowMs,
            `bundle ${bundle.id} (${bundle.precedence}) needed its room`,
          );
        } else victims--;
      }
  }
}

function add(totals: { bundles: number; bytes: number }, bytes: number): void {
  totals.bundles++;
  totals.bytes += bytes;
}

function totalsOf(of: (name: keyof QueueTotals) => QueueTotals['sent']): QueueTotals {
  const [accepted, sent, waiting] = [of('accepted'), of('sent'), of('waiting')];
  return { accepted, sent, waiting, expired: of('expired'), evicted: of('evicted'), demoted: of('demoted') };
}

function hopelessBecause({ deadlineMs }: Entry, leavesMs: number, lastStartMs: number): string {
  return deadlineMs < leavesMs
    ? `its deadline was ${Math.ceil(leavesMs - deadlineMs)} ms before it could leave`
    : `its rest had to leave ${Math.ceil(leavesMs - lastStartMs)} ms sooner to arrive in time`;
}
