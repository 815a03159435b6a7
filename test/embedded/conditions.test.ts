import { expect, test } from 'vitest';
import { openStore } from '../../adapters/embedded/store.ts';
import { linkState } from '../../core/link-health/state.ts';
import { watchConditions } from '../../embedded/conditions.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { VirtualClock } from './virtual-clock.ts';

const SECOND = 1000;

test('a condition begins when it does, whenever somebody asks', async () => {
  const store = openStore({ dataDir: ':memory:' });
  const clock = new VirtualClock();
  const network = createNetwork({ network: store.network, clock, ids: { next: (prefix) => `${prefix}_1` } });
  await network.putNode({ id: 'hub', kind: 'cloud', capabilities: [] });
  await network.putNode({ id: 'camp', kind: 'edge', capabilities: [] });
  const rates = { rateBitsPerSecond: 1e6, delayMs: 10 };
  await network.putLink({ id: 'up', from: 'camp', to: 'hub', channel: 'primary', ...rates });
  const measure = (status: 'up' | 'down') =>
    store.network.putLinkState({
      ...linkState(status),
      sinceMs: clock.now(),
      linkId: 'up',
      atMs: clock.now(),
    });
  const faults: string[] = [];
  const closing = new AbortController();
  const { signal } = closing;
  const logger = { error: (message: string) => void faults.push(message) };
  const startMs = clock.now();
  await measure('up');
  const watching = watchConditions({ network, clock, logger, signal });
  const pass = async (seconds: number) => {
    for (let at = 0; at < seconds; at++) await clock.advance(SECOND);
  };
  await pass(10);
  await measure('down');
  await pass(20);
  const { condition } = (await network.nodeStates()).get('camp')!;
  expect(condition!.condition).not.toBe('nominal');
  expect((condition!.sinceMs - startMs) / SECOND).toBeGreaterThanOrEqual(15);
  expect((condition!.sinceMs - startMs) / SECOND).toBeLessThanOrEqual(17);
  closing.abort();
  await watching;
  store.close();
  expect(faults).toEqual([]);
});
