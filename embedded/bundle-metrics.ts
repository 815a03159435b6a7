/** Writes what is in custody, and how often channels were switched, as Prometheus text. */
import { switchOf } from '../core/custody/remembered.ts';
import {
  custodyText,
  depthSamples,
  depthText,
  failoversText,
  switchLabels,
} from '../core/metrics/bundles.ts';
import type { Sample } from '../core/metrics/prometheus.ts';
import type { Carrier } from './carrier.ts';

/** Counts switches from now on; the function that comes back writes a scrape. */
export function createBundleMetrics(carrier: Pick<Carrier, 'queues' | 'onDecision'>): () => Promise<string> {
  const failovers = new Series();
  const depths = new Series();
  carrier.onDecision((node, decision) => {
    for (const one of switchOf(decision)) failovers.add(switchLabels({ node, ...one }), 1);
  });

  return async () => {
    const { queues: present, totals } = await carrier.queues();
    depths.toZero();
    for (const { labels, value } of depthSamples(present)) depths.add(labels, value);
    return [failoversText(failovers.samples), depthText(depths.samples), custodyText(totals)].join('');
  };
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
