import type { LinkState, LinkStatus } from '../../../core/link-health/state.ts';

/** A link's state, of which nothing else is known unless `more` has it. */
export const linkState = (status: LinkStatus, more: Partial<LinkState> = {}): LinkState => ({
  status,
  sinceMs: 0,
  isDegraded: false,
  lossRatio: 0,
  rttMs: undefined,
  rateBitsPerSecond: undefined,
  missedContacts: 0,
  reasons: [],
  ...more,
});
