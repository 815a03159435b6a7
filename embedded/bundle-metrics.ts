/** Writes what is in custody, and how often channels were switched, as Prometheus text. */
import type { QueueState } from '../core/custody/queues.ts';
import { type CustodyTotals, TRANSFER_OPEN } from '../core/custody/transfer.ts';
import { type Decision, FAILOVERS_TOTAL, SATELLITE_QUEUE_DEPTH } from '../core/failover/failover.ts';
import { family, type Sample } from '../core/metrics/prometheus.ts';
import type { Carrier } from './carrier.ts';

/** Counts switches from now on; the function that comes back writes a scrape. */
export function createBundleMetrics(carrier: Pick<Carrier, 'queues' | 'onDecision'>): () => Promise<string> {
  const failovers = new Series();
  const depths = new Series();
  carrier.onDecision((node, { kind, from, to }: Decision) => {
    if (kind !== 'failover' && kind !== 'return') return;
    failovers.add({ to: node, from: from ?? 'none', channel: to ?? 'none', kind }, 1);
  });

  return async () => {
    const { queues: present, totals } = await carrier.queues();
    depths.toZero();
    for (const queue of present) if (queue.channel === 'satellite') depths.add(placeOf(queue), queue.bundles);
    return [
      family(
        FAILOVERS_TOTAL,
        'counter',
        'Switches to a neighbour from one channel to another.',
        failovers.samples,
      ),
      family(
        SATELLITE_QUEUE_DEPTH,
        'gauge',
        'Bundles that wait for a satellite, or are on their way to it.',
        depths.samples,
      ),
      totalsText(totals),
    ].join('');
  };
}

const placeOf = ({ to, link = 'none', precedence }: QueueState) => ({ to, link, precedence });

function totalsText(totals: CustodyTotals): string {
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

/** One that was seen once stays, so that a gauge falls to 0 instead of ending. */
class Series {
  readonly #samples = new Map<string, Sample>();

  get samples(): Sample[] {
    return [...this.#samples.values()];
  }

  add(labels: Sample['labels'], value: number): void {
    const key = JSON.stringify(labels);
    const sample = this.#samples.get(key) ?? { labels, value: 0 };
    sample.value += value;
    this.#samples.set(key, sample);
  }

  toZero(): void {
    for (const sample of this.#samples.values()) sample.value = 0;
  }
}
