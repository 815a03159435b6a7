import type { Bookings } from '../contact-plan/bookings.ts';
import type { ContactPlan } from '../contact-plan/compile.ts';
import { FLAG, type Overlay } from './conditions.ts';
import { NodeQueue } from './queue.ts';
import type { Transmitter } from './transmission.ts';

/** What a search works on. */
export interface Network {
  plan: ContactPlan;
  overlay: Overlay;
  bookings: Bookings | undefined;
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

/** By node: when it is reached at the earliest (Infinity: not, -Infinity: blocked), and the position that leads there. */
export interface Arrivals {
  atMs: Float64Array;
  via: Int32Array;
}

export const newArrivals = (nodes: number): Arrivals => ({
  atMs: new Float64Array(nodes),
  via: new Int32Array(nodes),
});

/**
 * Arrivals within it count as the same, so that no route is preferred for an error of rounding:
 * a nanosecond, and 25 µs around times since 1970.
 */
export const toleranceMs = (atMs: number): number => Math.max(1e-6, Math.abs(atMs) * 2 ** -46);

/**
 * Earliest arrivals over contacts with volume: Dijkstra's algorithm, which holds because leaving later never means
 * arriving earlier (CCSDS 734.3-B-1 calls the graph that of contacts; here nodes carry the labels). A bundle leaves a
 * contact whole: its last bit by the contact's end. With a target, labels up to its arrival are final.
 */
export function createArrivalSearch(
  network: Network,
): (trip: Trip, blocked: ReadonlySet<number>, into: Arrivals) => void {
  const { plan, overlay, isTaken, transmitter } = network;
  const { startMs, endMs, lastEndMs, rateBitsPerSecond, delayMs } = plan.positions;
  const { to: edgeTo, firstPosition, firstOut, delayMs: edgeDelayMs } = plan.edges;
  const { flags, penaltyMs, isPlain } = overlay;
  const queue = new NodeQueue(Math.max(64, plan.nodes.length));

  return (trip, blocked, { atMs: arrivals, via }) => {
    const { source, target, atMs, bits, rank, deadlineMs } = trip;
    const thousandBits = bits * 1000;
    let boundMs = deadlineMs;
    arrivals.fill(Infinity);
    for (const node of overlay.blockedNodes) arrivals[node] = -Infinity;
    for (const node of blocked) arrivals[node] = -Infinity;
    if (arrivals[source] === -Infinity || (target >= 0 && arrivals[target] === -Infinity)) return;
    arrivals[source] = atMs;
    queue.clear();
    queue.add(source, atMs);
    for (let node = queue.take(); node >= 0; node = queue.take()) {
      const now = queue.time;
      if (now > boundMs) return;
      if (now > arrivals[node]! || node === target) continue;
      const lastEdge = firstOut[node + 1]!;
      for (let edge = firstOut[node]!; edge < lastEdge; edge += 1) {
        const to = edgeTo[edge]!;
        const leastMs = edgeDelayMs[edge]!;
        let best = arrivals[to]!;
        if (now + leastMs >= best || now + leastMs > boundMs) continue;
        const end = firstPosition[edge + 1]!;
        if (lastEndMs[end - 1]! < now) continue;
        let position = firstPosition[edge]!;
        if (lastEndMs[position]! < now) position = firstEndingFrom(position, end, now);
        let found = -1;
        for (; position < end; position += 1) {
          const start = startMs[position]!;
          const depart = start > now ? start : now;
          if (depart + leastMs >= best || depart + leastMs > boundMs) break;
          const flag = flags[position]! | isTaken[position]!;
          let arrival: number;
          if (flag === 0) {
            const sent = depart + thousandBits / rateBitsPerSecond[position]!;
            if (sent > endMs[position]!) continue;
            arrival = sent + delayMs[position]!;
          } else {
            if ((flag & FLAG.blocked) !== 0) continue;
            arrival = transmitter.earliestSent(position, now, bits, rank) + delayMs[position]!;
            if (penaltyMs !== undefined) arrival += penaltyMs[position]!;
            if (arrival === Infinity) continue;
          }
          if (arrival < best) {
            best = arrival;
            found = position;
          }
          if (isPlain[edge] === 1) break;
        }
        if (found < 0 || best > boundMs) continue;
        arrivals[to] = best;
        via[to] = found;
        queue.add(to, best);
        if (to === target) boundMs = Math.min(boundMs, best + toleranceMs(best));
      }
    }
  };

  /** The first position from `first + 1` on up to which some contact ends at `now` or later; there is one. */
  function firstEndingFrom(first: number, end: number, now: number): number {
    let [low, high] = [first + 1, end - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lastEndMs[middle]! >= now) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
