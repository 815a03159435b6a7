/** Channels for tests, in a state of one's choice. */
import type { ChannelView } from '../../../core/failover/channel.ts';
import { type LinkState, linkState, type LinkStatus } from '../../../core/link-health/state.ts';

export function view(
  status: LinkStatus,
  rest: Partial<Omit<ChannelView, 'state'> & LinkState> = {},
): ChannelView {
  const { delayMs = 50, rateBitsPerSecond = 1e6, opensAtMs, closesAtMs, ...state } = rest;
  return {
    delayMs,
    rateBitsPerSecond,
    opensAtMs,
    closesAtMs,
    state: linkState(status, state),
  };
}
