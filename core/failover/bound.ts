/** How often a route can change, however its channels behave. */
import { DAMPING, type DampingSettings, flapsMax } from '../link-health/flap-damping.ts';

/**
 * The most unplanned switches, `failover` and `return`, in `durationMs` between so many channels. Every failover is a
 * flap of the channel that is left, which was not suppressed then; and a channel is returned to once before it is first
 * left and once after each time that it was, the last of the order never.
 */
export function switchesMax(
  durationMs: number,
  channels: number,
  damping: DampingSettings = DAMPING,
): number {
  const flaps = flapsMax(durationMs, damping);
  return channels * flaps + (channels - 1) * (flaps + 1);
}
