import { Metrics as EmfRecords, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { CounterName, DurationName } from '../../core/metrics/tally.ts';
import type { Metrics } from '../../core/ports/metrics.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from './env.ts';

/** Numbers in the embedded metric format: one line of the function's log a batch, which costs no call. */
export class EmfMetrics implements Metrics {
  readonly #records = new EmfRecords({ namespace: METRICS_NAMESPACE, serviceName: METRICS_SERVICE });
  readonly #counts = new Map<string, number>();

  count(name: CounterName, label: string, by: number): void {
    const full = `${name}_${label}`;
    this.#counts.set(full, (this.#counts.get(full) ?? 0) + by);
  }

  measure(name: DurationName, seconds: number): void {
    this.#records.addMetric(name, MetricUnit.Seconds, seconds);
  }

  flush(): void {
    for (const [name, count] of this.#counts) this.#records.addMetric(name, MetricUnit.Count, count);
    this.#counts.clear();
    if (this.#records.hasStoredMetrics()) this.#records.publishStoredMetrics();
  }
}
