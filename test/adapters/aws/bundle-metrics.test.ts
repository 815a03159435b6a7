import { expect, test } from 'vitest';
import { EmfBundleMetrics } from '../../../adapters/aws/bundle-metrics.ts';
import type { QueueState } from '../../../core/custody/queues.ts';
import { noTotals } from '../../../core/custody/totals.ts';
import { captureEmf } from '../../emf-lines.ts';

const lines = captureEmf();

const records = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

const queue = (channel: QueueState['channel'], bundles: number): QueueState => ({
  to: 'edge-1',
  link: `hub-edge-1-${channel}`,
  channel,
  precedence: 'flash',
  bundles,
  bytes: 100 * bundles,
  oldestMs: 0,
  waiting: 0,
  booked: bundles,
  released: 0,
  reason: '',
});

test('a switch counts by its kind, and says between which channels', () => {
  const metrics = new EmfBundleMetrics();
  metrics.switched({ kind: 'failover', from: 'primary', to: 'satellite' });
  metrics.switched({ kind: 'return', from: 'satellite', to: 'primary' });
  expect(records()).toMatchObject([
    { service: 'holdfast', failovers_total_failover: 1, switch: 'primary to satellite' },
    { service: 'holdfast', failovers_total_return: 1, switch: 'satellite to primary' },
  ]);
  expect(records()[1]).not.toHaveProperty('failovers_total_failover');
});

test('depths are told by precedence, of all links together, and what waits by its state', () => {
  const metrics = new EmfBundleMetrics();
  const totals = noTotals();
  totals.booked.bundles = 12;
  metrics.stand([queue('satellite', 3), queue('satellite', 4), queue('primary', 5)], totals);
  metrics.stand([], noTotals());
  const [first, second] = records();
  expect(first).toMatchObject({
    satellite_queue_depth_flash: 7,
    satellite_queue_depth_routine: 0,
    bundles_current_booked: 12,
    bundles_current_waiting: 0,
  });
  expect(JSON.parse(first!.queues as string)).toHaveLength(3);
  expect(second).toMatchObject({ satellite_queue_depth_flash: 0, bundles_current_booked: 0, queues: '[]' });
});
