import { Metrics as EmfRecords, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { QueueState } from '../../core/custody/queues.ts';
import { type CustodyTotals, TRANSFER_OPEN } from '../../core/custody/transfer.ts';
import { FAILOVERS_TOTAL, SATELLITE_QUEUE_DEPTH } from '../../core/failover/failover.ts';
import type { BundleMetrics } from '../../core/ports/bundle-metrics.ts';
import type { Switch } from '../../core/ports/failover-memories.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from './env.ts';

/** Of a record, which a log line holds. */
const QUEUES_MAX = 100;

/**
 * Numbers of bundles in the embedded metric format. CloudWatch bills each name, so links and nodes are no part of them: they stand
 * beside the numbers in the log.
 */
export class EmfBundleMetrics implements BundleMetrics {
  readonly #records = new EmfRecords({ namespace: METRICS_NAMESPACE, serviceName: METRICS_SERVICE });

  switched({ kind, from, to }: Switch): void {
    this.#records.addMetadata('switch', `${from} to ${to}`);
    this.#publish({ [`${FAILOVERS_TOTAL}_${kind}`]: 1 });
  }

  stand(queues: readonly QueueState[], totals: CustodyTotals): void {
    const ofSatellites = queues.filter(({ channel }) => channel === 'satellite');
    const depthOf = (precedence: string): number =>
      ofSatellites
        .filter((queue) => queue.precedence === precedence)
        .reduce((sum, { bundles }) => sum + bundles, 0);
    const beside = queues
      .slice(0, QUEUES_MAX)
      .map(({ to, link, precedence, bundles, bytes }) => ({ to, link, precedence, bundles, bytes }));
    this.#records.addMetadata('queues', JSON.stringify(beside));
    this.#publish({
      ...Object.fromEntries(PRECEDENCES.map((name) => [`${SATELLITE_QUEUE_DEPTH}_${name}`, depthOf(name)])),
      ...Object.fromEntries(
        TRANSFER_OPEN.map((state) => [`bundles_current_${state}`, totals[state].bundles]),
      ),
    });
  }

  #publish(numbers: Record<string, number>): void {
    for (const [name, value] of Object.entries(numbers))
      this.#records.addMetric(name, MetricUnit.Count, value);
    this.#records.publishStoredMetrics();
    this.#records.clearMetadata();
  }
}
