import { countBy, firstFrom } from '../contact-plan/time-index.ts';
import { FLAG } from './conditions.ts';
import { Labels } from './labels.ts';
import { type Arrivals, type Network, toleranceMs, type Trip } from './arrivals.ts';

/**
 * Of all routes that arrive as early over as few hops as a given one: one whose first contact to end ends last. It
 * looks for ways on which every contact outlasts the best so far, back from the target: hop by hop, with the latest
 * time to leave each node, through nodes only that are reached in time and in few enough hops.
 */
export function createExpirySearch(
  network: Network,
): (trip: Trip, arrivals: Arrivals, route: number[]) => number[] {
  const { plan, overlay, isTaken, transmitter } = network;
  const { startMs, endMs, rateBitsPerSecond, delayMs } = plan.positions;
  const {
    firstIn,
    from: edgeFrom,
    firstPlace,
    position: inPlace,
    lastEndMs,
    delayMs: edgeDelayMs,
  } = plan.edges;
  const { flags, penaltyMs, isPlain } = overlay;
  const latestMs = new Float64Array(plan.nodes.length).fill(-Infinity);
  const labelOf = new Int32Array(plan.nodes.length).fill(-1);

  // Of each: a node, when to leave it at the latest, in how many hops, over which position, to which label.
  const labels = new Labels();

  return (trip, arrivals, route) => {
    let best = route;
    let later: number[] | undefined = route;
    while (later !== undefined && later.length > 0) {
      best = later;
      later = walkBack(trip, arrivals, best.length, expiry(best));
    }
    return best;
  };

  function expiry(route: readonly number[]): number {
    let earliest = Infinity;
    for (const position of route) earliest = Math.min(earliest, endMs[position]!);
    return earliest;
  }

  /** A route of so many contacts that all end after `expiresMs`, in the order of travel. */
  function walkBack(trip: Trip, arrivals: Arrivals, hops: number, expiresMs: number): number[] | undefined {
    const arrivalMs = arrivals.atMs[trip.target]!;
    const slackMs = toleranceMs(arrivalMs);
    labels.size = 0;
    label(trip.target, arrivalMs + slackMs, 0, -1, -1);
    let first = 0;
    for (let left = hops - 1; left >= 0; left -= 1) {
      const end = labels.size;
      for (let from = first; from < end; from += 1)
        reach(from, trip, arrivals, expiresMs, slackMs, left, end);
      first = end;
    }
    const start = labelOf[trip.source]!;
    const found = start >= 0 ? labels.routeTo(start).reverse() : undefined;
    for (let index = 0; index < labels.size; index += 1) {
      latestMs[labels.node(index)] = -Infinity;
      labelOf[labels.node(index)] = -1;
    }
    return found !== undefined && arrives(found, trip, arrivalMs + slackMs) ? found : undefined;
  }

  function label(at: number, latest: number, hops: number, position: number, then: number): void {
    latestMs[at] = latest;
    labelOf[at] = labels.add(at, latest, hops, position, then);
  }

  /**
   * Labels whoever can send to a label's node in time and is reached in `left` hops; `since` is the first label of this
   * hop.
   */
  function reach(
    label_: number,
    { source, bits, rank }: Trip,
    { atMs: reachedMs, hops }: Arrivals,
    expiresMs: number,
    slackMs: number,
    left: number,
    since: number,
  ): void {
    const at = labels.node(label_);
    const dueMs = labels.atMs(label_);
    const lastEdge = firstIn[at + 1]!;
    // Where no hop is left only the source will do, which is found without looking at all who can send.
    const firstEdge = left > 0 ? firstIn[at]! : firstFrom(edgeFrom, firstIn[at]!, lastEdge, source);
    const endEdge = left > 0 ? lastEdge : Math.min(firstEdge + 1, lastEdge);
    for (let edge = firstEdge; edge < endEdge; edge += 1) {
      const from = edgeFrom[edge]!;
      if (hops[from]! > left) continue;
      const readyMs = reachedMs[from]!;
      const sentByMs = dueMs - edgeDelayMs[edge]!;
      if (readyMs > sentByMs + slackMs || latestMs[from]! >= sentByMs) continue;
      const first = firstPlace[edge]!;
      const started = countBy(startMs, plan.positions.starts, sentByMs);
      let place = firstFrom(inPlace, first, firstPlace[edge + 1]!, started) - 1;
      for (; place >= first; place -= 1) {
        if (lastEndMs[place]! < readyMs || lastEndMs[place]! <= expiresMs) break;
        const position = inPlace[place]!;
        const flag = flags[position]! | isTaken[position]!;
        if ((flag & FLAG.blocked) !== 0 || endMs[position]! <= expiresMs) continue;
        const departMs = latestDepart(position, flag, dueMs, bits, rank);
        if (departMs < startMs[position]! - slackMs || departMs < readyMs - slackMs) continue;
        if (departMs > latestMs[from]!) {
          // One that is left over more hops can serve others still; one of as many is of no more use.
          if (labelOf[from]! < since) label(from, departMs, labels.hops(label_) + 1, position, label_);
          else labels.replace(labelOf[from]!, (latestMs[from] = departMs), position, label_);
        }
        if (isPlain[edge] === 1) break;
      }
    }
  }

  function latestDepart(position: number, flag: number, dueMs: number, bits: number, rank: number): number {
    const sentByMs = dueMs - delayMs[position]! - (penaltyMs?.[position] ?? 0);
    if (flag !== 0) return transmitter.latestDepart(position, sentByMs, bits, rank);
    const end = endMs[position]!;
    return (sentByMs < end ? sentByMs : end) - (bits * 1000) / rateBitsPerSecond[position]!;
  }

  /** Whether a bundle gets there that takes each contact as soon as it can. */
  function arrives(route: readonly number[], { atMs, bits, rank }: Trip, byMs: number): boolean {
    let now = atMs;
    for (const position of route)
      now =
        transmitter.earliestSent(position, now, bits, rank) +
        delayMs[position]! +
        (penaltyMs?.[position] ?? 0);
    return now <= byMs + toleranceMs(byMs);
  }
}
