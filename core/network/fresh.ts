import type { MeasuredLink } from '../ports/network-store.ts';
import { lasting, linkState } from '../link-health/state.ts';

/** Nodes report what they measure every 10 seconds: three reports that did not come, and some. */
export const STALE_MS = 35_000;

/** What another node tells of a link comes when it changes; after so long without, nothing is known of it. */
export const TOLD_MS = 3_600_000;

/** A link that nobody has reported on lately is down, whatever was said last. */
export function freshState(state: MeasuredLink, nowMs: number): MeasuredLink {
  const silentMs = nowMs - state.atMs;
  if (state.isTold === true)
    return silentMs <= TOLD_MS ? state : linkIsUnknown(state, `told of ${lasting(silentMs)} ago`);
  if (silentMs <= STALE_MS || state.status === 'closed' || state.status === 'down') return state;
  return {
    ...state,
    status: 'down',
    sinceMs: state.atMs + STALE_MS,
    isDegraded: false,
    reasons: [`not reported on for ${lasting(silentMs)}`],
  };
}

const linkIsUnknown = ({ linkId, atMs, isTold }: MeasuredLink, reason: string): MeasuredLink => ({
  ...linkState('up', { sinceMs: atMs + TOLD_MS, reasons: [reason] }),
  linkId,
  atMs,
  isTold,
});
