import type { ContactPlan } from '../contact-plan/compile.ts';
import { RUN_BITS } from '../contact-plan/groups.ts';
import { countBy, firstFrom } from '../contact-plan/time-index.ts';
import { FLAG, type Overlay } from './conditions.ts';
import { Labels } from './labels.ts';
import { TimeQueue } from './queue.ts';
import type { Transmitter } from './transmission.ts';

/** What a search works on. */
export interface Network {
  plan: ContactPlan;
  overlay: Overlay;
  transmitter: Transmitter;
  /** By position: 1 where something is taken, all 0 without bookings. */
  isTaken: Uint8Array;
}

export interface Trip {
  /** Indices of nodes; -1 goes everywhere. */
  source: number;
  target: number;
  atMs: number;
  bits: number;
  /** Index into `PRECEDENCES`. */
  rank: number;
  /** Nothing that arrives later counts. */
  deadlineMs: number;
}

/** What a search found, by node. */
export interface Arrivals {
  /** The earliest arrival, Infinity where there is none in time. */
  atMs: Float64Array;
  /** With a target: the fewest hops of all ways there that arrive before the search is over. */
  hops: Int32Array;
}

export const newArrivals = (nodes: number): Arrivals => ({
  atMs: new Float64Array(nodes),
  hops: new Int32Array(nodes),
});

/**
 * Arrivals within it count as the same, so that no route is preferred for an error of rounding:
 * a nanosecond, and 25 µs around times since 1970.
 */
export const toleranceMs = (atMs: number): number => Math.max(1e-6, Math.abs(atMs) * 2 ** -46);

/** Hops to where no way has led yet, and to where none may. */
const [UNREACHED, BLOCKED] = [0x3fffffff, -1];

/** Room that a bundle could take for an error of rounding. */
const ROUNDING = 1 - 1e-9;

/** Returns the positions of a route to the target: with the earliest arrival, and of those the fewest hops. */
export type ArrivalSearch = (
  trip: Trip,
  blocked: ReadonlySet<number>,
  into: Arrivals,
) => number[] | undefined;

/**
 * Earliest arrivals over contacts with volume, by going through time: contacts as they start, ways as they arrive
 * (like the Connection Scan of Dibbelt, Pajor, Strasser and Wagner, 2013, with windows instead of departures). Leaving
 * later never means arriving earlier, so of the ways to a contact's sender only that of the fewest hops counts when it
 * starts: a node keeps each way that arrives later over fewer hops. A bundle leaves whole: its last bit by the
 * contact's end.
 */
export function createArrivalSearch({ plan, overlay, isTaken, transmitter }: Network): ArrivalSearch {
  const { startMs, endMs, rateBitsPerSecond, delayMs, from, to } = plan.positions;
  const { bySender } = plan;
  const { bits: chunkBits, perNode: chunksPerNode, firstPlace } = bySender.chunks;
  const { flags, rateFactor, penaltyMs, blockedNodes } = overlay;
  const labels = new Labels();
  const queue = new TimeQueue();
  const labelOf = new Int32Array(plan.nodes.length);
  const expectedMs = new Float64Array(plan.nodes.length);
  const expectedHops = new Int32Array(plan.nodes.length);
  let hops: Int32Array = expectedHops;
  let [bits, thousandBits, rank, boundMs] = [0, 0, 0, Infinity];

  return (trip, blocked, into) => {
    const { source, target, atMs } = trip;
    const arrivals = into.atMs;
    begin(trip, blocked, into);
    if (hops[source] === BLOCKED || (target >= 0 && hops[target] === BLOCKED)) return undefined;
    if (target >= 0 && target !== source) boundMs = Math.min(boundMs, lastArrival(target));
    // Without a target only the first arrival counts.
    const step = target >= 0 ? 1 : 0;
    let found = -1;
    let sendingUntilMs = -Infinity;
    let next = startedBy(atMs);
    let end = next;
    for (;;) {
      next = nextUseful(from, to, next, end, hops, step);
      const dueMs = queue.firstMs;
      if (next < end) {
        const sender = from[next]!;
        const hop = hops[sender]! + step;
        if (hop >= step) offer(next, startMs[next]!, hop, labelOf[sender]!);
        next += 1;
        if (queue.firstMs < dueMs) end = startedBy(queue.firstMs);
        continue;
      }
      if (dueMs > boundMs || dueMs === Infinity) break;
      const label = queue.take();
      const node = labels.node(label);
      const hop = labels.hops(label);
      if (hop < hops[node]!) {
        hops[node] = hop;
        labelOf[node] = label;
        if (arrivals[node] === Infinity) arrivals[node] = dueMs;
        if (node === target) {
          found = label;
          boundMs = Math.min(boundMs, arrivals[node]! + toleranceMs(dueMs));
        } else {
          const open = dueMs <= sendingUntilMs ? next : Math.max(next, startedBy(dueMs));
          offerOpen(node, dueMs, open, hop + step, label);
          sendingUntilMs = Math.max(sendingUntilMs, bySender.untilMs[node]!);
        }
      }
      end = startedBy(Math.min(queue.firstMs, boundMs, sendingUntilMs));
    }
    return found < 0 ? undefined : labels.routeTo(found);
  };

  /**
   * Positions before it have started by a time, and maybe a few have not: those looked at too soon are offered again
   * where their sender is reached in fewer hops meanwhile.
   */
  function startedBy(nowMs: number): number {
    return countBy(startMs, plan.positions.starts, nowMs);
  }

  function begin(trip: Trip, blocked: ReadonlySet<number>, into: Arrivals): void {
    ({ bits, rank, deadlineMs: boundMs } = trip);
    thousandBits = bits * 1000;
    hops = into.hops;
    into.atMs.fill(Infinity);
    hops.fill(UNREACHED);
    expectedMs.fill(Infinity);
    for (const node of blockedNodes) hops[node] = BLOCKED;
    for (const node of blocked) hops[node] = BLOCKED;
    queue.clear();
    labels.size = 0;
    queue.add(labels.add(trip.source, trip.atMs, 0, -1, -1), trip.atMs);
  }

  /** Nothing gets to a node later: on the last of its contacts that has room for the bundle. */
  function lastArrival(node: number): number {
    if (rateFactor !== undefined) return Infinity;
    const { first, lastMs, bits: room } = plan.byReceiver;
    for (let place = first[node]!; place < first[node + 1]!; place += 1)
      if (room[place]! >= bits * ROUNDING) return lastMs[place]!;
    return -Infinity;
  }

  /** Offers all contacts of a node that are open now or were looked at already: those before position `end`. */
  function offerOpen(node: number, nowMs: number, end: number, hop: number, label: number): void {
    const first = bySender.first[node]!;
    const chunk = node * chunksPerNode + (end >> chunkBits);
    let at = firstFrom(bySender.position, firstPlace[chunk]!, firstPlace[chunk + 1]!, end) - 1;
    while (at >= first && bySender.lastEndMs[at]! >= nowMs) {
      if (bySender.runEndMs[at >> RUN_BITS]! < nowMs) {
        at = ((at >> RUN_BITS) << RUN_BITS) - 1;
        continue;
      }
      const position = bySender.position[at]!;
      if (endMs[position]! >= nowMs && hop < hops[to[position]!]!) offer(position, nowMs, hop, label);
      at -= 1;
    }
  }

  function offer(position: number, nowMs: number, hop: number, label: number): void {
    const flag = flags[position]! | isTaken[position]!;
    let arrivalMs: number;
    if (flag === 0) {
      const departMs = Math.max(nowMs, startMs[position]!);
      const sentMs = departMs + thousandBits / rateBitsPerSecond[position]!;
      if (sentMs > endMs[position]!) return;
      arrivalMs = sentMs + delayMs[position]!;
    } else {
      if ((flag & FLAG.blocked) !== 0) return;
      arrivalMs = transmitter.earliestSent(position, nowMs, bits, rank) + delayMs[position]!;
      if (penaltyMs !== undefined) arrivalMs += penaltyMs[position]!;
    }
    const node = to[position]!;
    if (arrivalMs === Infinity || arrivalMs > boundMs) return;
    if (arrivalMs >= expectedMs[node]! && hop >= expectedHops[node]!) return;
    expectedMs[node] = arrivalMs;
    expectedHops[node] = hop;
    queue.add(labels.add(node, arrivalMs, hop, position, label), arrivalMs);
  }
}

/**
 * From `next` to before `end` the first contact on which its receiver would be reached in fewer hops than so far.
 * Most of a search is spent here, so it does nothing else, and `| 0` spares it the check whether a sum is still whole;
 * blocked senders are for the caller to tell.
 */
function nextUseful(
  from: Int32Array,
  to: Int32Array,
  next: number,
  end: number,
  hops: Int32Array,
  step: number,
): number {
  let at = next;
  while (at < end && ((hops[from[at]!]! + step) | 0) >= hops[to[at]!]!) at += 1;
  return at;
}
