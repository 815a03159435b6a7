/** How a task gets to a node, and its answer back. */
import { lasting } from '../link-health/state.ts';
import type { NetworkSnapshot } from '../network/view.ts';
import type { Candidate, PlacementRequest, Refused } from './placement.ts';

/** What an answer takes on its way back, as far as that can be known. */
const ANSWER_BYTES = 1024;

interface Ends {
  here: string;
  node: string;
  nowMs: number;
  /** How long the work is expected to take there. */
  ranMs: number;
}

/** The way there and back by which an answer is expected the earliest, or why there is none in time. */
export function wayTo(
  network: NetworkSnapshot,
  { here, node, nowMs, ranMs }: Ends,
  { placement, sizeBytes, lifetimeMs }: PlacementRequest,
): Pick<Candidate, 'answerMs' | 'way'> | Pick<Refused, 'why'> {
  const { precedence } = placement;
  const deadlineMs = Math.min(nowMs + lifetimeMs, network.untilMs);
  const there = network.route({ from: here, to: node, atMs: nowMs, sizeBytes, precedence, deadlineMs });
  if (there === undefined) return { why: `is not reached within ${lasting(deadlineMs - nowMs)}` };
  const { arrivalMs, hops } = there;
  const backFrom = (atMs: number) =>
    network.route({ from: node, to: here, atMs, sizeBytes: ANSWER_BYTES, precedence, deadlineMs });
  const soonest = backFrom(arrivalMs);
  if (soonest === undefined) return { why: `could not answer within ${lasting(deadlineMs - nowMs)}` };
  // What others took is no reason not to try: it may take less.
  const answerMs =
    (ranMs > 0 ? backFrom(arrivalMs + ranMs)?.arrivalMs : undefined) ?? soonest.arrivalMs + ranMs;
  return { answerMs, way: { path: [here, ...hops.map(({ to }) => to)], arrivalMs } };
}
