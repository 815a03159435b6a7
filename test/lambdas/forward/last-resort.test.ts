import { expect, test } from 'vitest';
import type { WayChoice } from '../../../core/custody/channels.ts';
import type { Transfer } from '../../../core/custody/transfer.ts';
import type { ForwardPorts } from '../../../lambdas/forward/ports.ts';
import { nextWay } from '../../../lambdas/forward/way.ts';

const NOW_MS = 100_000;
const transfer: Transfer = {
  bundleId: 'b',
  source: 'here',
  destination: 'there',
  precedence: 'flash',
  sizeBytes: 100,
  acceptedMs: 0,
  expiresMs: 300_000,
  state: 'waiting',
  attempt: 3,
  dueMs: NOW_MS,
  reason: '',
};

/** Nothing leads there, and that is the turn that a channel that is believed down has. */
async function waits(resort: WayChoice): Promise<number> {
  const ports = {
    node: 'here',
    clock: { now: () => NOW_MS },
    random: { next: () => 0.5 },
    network: { routes: async () => ({ alternatives: [], reason: 'nothing reaches it' }) },
    channels: { resort: async () => resort },
  } as unknown as ForwardPorts;
  const next = await nextWay(ports, transfer);
  expect(next).toMatchObject({ kind: 'wait', reason: 'nothing reaches it' });
  return next.kind === 'wait' ? next.untilMs - NOW_MS : NaN;
}

test('a bundle without any way waits for the turn of a channel that is believed down, if one has any', async () => {
  expect(await waits({ ways: [], reason: 'no channel works', waitUntilMs: NOW_MS + 1500 })).toBe(1500);
  expect(await waits({ ways: [], reason: 'no channel works', waitUntilMs: Infinity })).toBe(75_000);
});
