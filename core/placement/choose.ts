/** Chooses one of the nodes that can run a task, and says why. */
import { hashBytes } from '../hash.ts';
import { lasting } from '../link-health/state.ts';
import type { Placement } from '../workflow/definition.ts';
import type { Candidate, Refused } from './placement.ts';

interface Choice {
  chosen: Candidate;
  reason: string;
}

/** Reasons why others were not chosen that are listed. */
const REFUSED_SHOWN = 3;

/**
 * One of at least one candidate.
 * @param turn how many were chosen in turn before this one, for `round-robin`
 */
export function choose(
  candidates: readonly Candidate[],
  { strategy, sticky }: Pick<Placement, 'strategy' | 'sticky'>,
  turn: number,
  refused: readonly Refused[],
): Choice {
  const [only] = candidates;
  if (candidates.length === 1)
    return { chosen: only!, reason: `chose ${only!.id}: ${besides(refused, 'the only node there is')}` };
  if (sticky !== undefined) return byKey(candidates, sticky);
  if (strategy === 'round-robin') return inTurn(candidates, turn);
  return strategy === 'least-loaded' ? leastLoaded(candidates) : bestRoute(candidates);
}

/** `edge-1 lacks camera, edge-3 lacks gpu and 4 others can not`. */
export function besides(refused: readonly Refused[], none: string): string {
  if (refused.length === 0) return none;
  const shown = refused.slice(0, REFUSED_SHOWN).map(({ id, why }) => `${id} ${why}`);
  const more = refused.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} ${more === 1 ? 'other' : 'others'} can not` : ''}`;
}

const byId = (a: Candidate, b: Candidate): number => (a.id < b.id ? -1 : 1);
const byAnswer = (a: Candidate, b: Candidate): number => a.answerMs - b.answerMs || byId(a, b);

/** The earliest expected answer. */
function bestRoute(candidates: readonly Candidate[]): Choice {
  const [chosen, next] = candidates.toSorted(byAnswer) as [Candidate, Candidate];
  const soonerMs = next.answerMs - chosen.answerMs;
  const why =
    soonerMs < 1 ? 'arrives as soon, and comes first by name' : `arrives ${lasting(soonerMs)} sooner`;
  return { chosen, reason: `chose ${chosen.id} over ${next.id}: ${why}` };
}

/** Over nodes by id: each in its turn, as long as they are the same. */
function inTurn(candidates: readonly Candidate[], turn: number): Choice {
  const chosen = candidates.toSorted(byId)[turn % candidates.length]!;
  return { chosen, reason: `chose ${chosen.id}: its turn, of ${candidates.length} nodes` };
}

/** The smallest part of what it may run that it runs; a node that said nothing of it counts as idle. */
function leastLoaded(candidates: readonly Candidate[]): Choice {
  const [chosen, next] = candidates.toSorted((a, b) => loadOf(a) - loadOf(b) || byAnswer(a, b)) as [
    Candidate,
    Candidate,
  ];
  if (loadOf(chosen) === loadOf(next)) {
    const { reason } = bestRoute([chosen, next]);
    return { chosen, reason: `${reason}; both run ${runs(chosen)}` };
  }
  return { chosen, reason: `chose ${chosen.id} over ${next.id}: runs ${runs(chosen)}, not ${runs(next)}` };
}

/** Where a node bounds nothing, ten tasks count as much as the whole of one that bounds them to ten. */
const UNBOUNDED = 10;
const loadOf = ({ running = 0, concurrency = UNBOUNDED }: Candidate): number => running / concurrency;
const runs = ({ running = 0, concurrency }: Candidate): string => {
  if (concurrency !== undefined) return `${running} of ${concurrency} tasks`;
  return running === 1 ? '1 task' : `${running} tasks`;
};

/** Rendezvous hashing (Thaler and Ravishankar, 1998): where a node comes or goes, only its own keys move. */
function byKey(candidates: readonly Candidate[], key: string): Choice {
  const bytes = new TextEncoder();
  const [first] = candidates
    .map((candidate) => ({ candidate, score: hashBytes(bytes.encode(`${candidate.id} ${key}`)) }))
    .toSorted((a, b) => (a.score > b.score ? -1 : 1));
  const chosen = first!.candidate;
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return { chosen, reason: `chose ${chosen.id}: "${shown}" belongs there, of ${candidates.length} nodes` };
}
