/** Numbers of bundles as Prometheus text. */
import type { QueueState } from '../custody/queues.ts';
import { type CustodyTotals, TRANSFER_OPEN } from '../custody/transfer.ts';
import { FAILOVERS_TOTAL, SATELLITE_QUEUE_DEPTH } from '../failover/failover.ts';
import type { SwitchCount } from '../ports/failover-memories.ts';
import { family, type Sample } from './prometheus.ts';

/** A switch of channels, as its counter is labelled. */
export const switchLabels = ({ node, kind, from, to }: Omit<SwitchCount, 'count'>): Sample['labels'] => ({
  to: node,
  from,
  channel: to,
  kind,
});

export const failoversText = (samples: readonly Sample[]): string =>
  family(FAILOVERS_TOTAL, 'counter', 'Switches to a neighbour from one channel to another.', samples);

/** Those that go over satellites. */
export const depthSamples = (queues: readonly QueueState[]): Sample[] =>
  queues
    .filter(({ channel }) => channel === 'satellite')
    .map(({ to, link = 'none', precedence, bundles }) => ({
      labels: { to, link, precedence },
      value: bundles,
    }));

export const depthText = (samples: readonly Sample[]): string =>
  family(
    SATELLITE_QUEUE_DEPTH,
    'gauge',
    'Bundles that wait for a satellite, or are on their way to it.',
    samples,
  );

export function custodyText(totals: CustodyTotals): string {
  const isOpen = (state: string): boolean => (TRANSFER_OPEN as readonly string[]).includes(state);
  const samples = (open: boolean, amount: 'bundles' | 'bytes'): Sample[] =>
    Object.entries(totals)
      .filter(([state]) => isOpen(state) === open)
      .map(([state, total]) => ({ labels: { state }, value: total[amount] }));
  return [
    family(
      'bundles_total',
      'counter',
      'Bundles taken into custody, and let go of by why.',
      samples(false, 'bundles'),
    ),
    family('bundles_current', 'gauge', 'Bundles in custody by present state.', samples(true, 'bundles')),
    family('bundle_bytes_current', 'gauge', 'Their bytes.', samples(true, 'bytes')),
  ].join('');
}

/** All of them, where nobody counts: from what is kept. */
export const bundlesText = (
  switches: readonly SwitchCount[],
  { queues, totals }: { queues: readonly QueueState[]; totals: CustodyTotals },
): string =>
  [
    failoversText(switches.map((one) => ({ labels: switchLabels(one), value: one.count }))),
    depthText(depthSamples(queues)),
    custodyText(totals),
  ].join('');
