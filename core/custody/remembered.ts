/** A neighbour's failover that goes on from what other processes of this host decided, and tells them. */
import type { Decision, Failover, FailoverMemory } from '../failover/failover.ts';
import { isUsable } from '../link-health/state.ts';
import type { Channel } from '../node/node.ts';
import type { FailoverMemories, KeptMemory, Switch } from '../ports/failover-memories.ts';

export interface Remembered {
  failover: Failover;
  /** Of what `failover` goes on from; 0: of nothing. */
  version: number;
  /** What is worth keeping of it, as it was kept last. */
  gist: string;
}

/** Goes on from what others have decided since, of the channels that are known here. */
export function recall(
  remembered: Remembered,
  { version, memory }: KeptMemory,
  isKnown: (channel: Channel) => boolean,
  nowMs: number,
): void {
  if (version <= remembered.version) return;
  const channels = Object.entries(memory.channels).filter(([channel]) => isKnown(channel as Channel));
  remembered.failover.restore({ ...memory, channels: Object.fromEntries(channels) }, nowMs);
  remembered.version = version;
  remembered.gist = gistOf(remembered.failover.memory(nowMs));
}

/** Those of the decisions that nobody else has made before: none where somebody was faster. */
export async function keep(
  to: string,
  remembered: Remembered,
  memories: FailoverMemories,
  decisions: readonly Decision[],
  nowMs: number,
): Promise<readonly Decision[]> {
  const memory = remembered.failover.memory(nowMs);
  const gist = gistOf(memory);
  if (gist === remembered.gist) return decisions;
  remembered.gist = gist;
  const version = await memories.put(to, memory, decisions.flatMap(switchOf), remembered.version);
  // Whatever was decided meanwhile is gone on from with the next look.
  remembered.version = version ?? 0;
  return version === undefined ? [] : decisions;
}

export const switchOf = ({ kind, from, to }: Decision): Switch[] =>
  (kind === 'failover' || kind === 'return') && from && to ? [{ kind, from, to }] : [];

/** Without what every look tells anew. */
function gistOf({ routes, channels }: FailoverMemory): string {
  const known = Object.entries(channels).map(([channel, { status, wellSinceMs, damping }]) => [
    channel,
    isUsable({ status }),
    wellSinceMs,
    damping,
  ]);
  return JSON.stringify([routes, known]);
}
