import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EmbeddedStore, openStore } from '../../../adapters/embedded/store.ts';
import type { BundleMetrics } from '../../../core/ports/bundle-metrics.ts';
import { createMeasure } from '../../../lambdas/forward/measure.ts';
import { bytesOf, hopTo, T0, transfer } from '../../ports/custody-fixtures.ts';

let store: EmbeddedStore;
beforeEach(() => {
  store = openStore({ dataDir: ':memory:' });
});
afterEach(() => store.close());

test('tells what is in custody, once more when nothing is left, and nothing before and after', async () => {
  const told: string[] = [];
  const metrics: Pick<BundleMetrics, 'stand'> = {
    stand: (queues, { booked, acknowledged }) =>
      void told.push(`${queues.length} queues, ${booked.bundles} booked, ${acknowledged.bundles} gone`),
  };
  const { custody } = store;
  const clock = { now: () => T0 };
  const measure = createMeasure({ node: 'hub', custody, clock, metrics: () => Promise.resolve(metrics) });
  await measure();
  await custody.accept(transfer('a', { state: 'booked', hop: hopTo('edge-1') }), bytesOf(100));
  await measure();
  const set = { state: 'acknowledged', endedMs: T0 } as const;
  await custody.change({ bundleId: 'a', expect: { states: ['booked'] }, set });
  await measure();
  await measure();
  expect(told).toEqual(['1 queues, 1 booked, 0 gone', '0 queues, 0 booked, 1 gone']);
});
