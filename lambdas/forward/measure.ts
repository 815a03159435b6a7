import { queuesOf, type QueuesPorts } from '../../core/custody/queues.ts';
import { TRANSFER_OPEN } from '../../core/custody/transfer.ts';
import { type BundleMetrics, MEASURED_BUNDLES_MAX } from '../../core/ports/bundle-metrics.ts';

export interface MeasurePorts extends QueuesPorts {
  metrics: () => Promise<Pick<BundleMetrics, 'stand'>>;
}

/** Tells how many bundles are in custody, and of the most urgent ones what they wait for; nothing for as long as there are none. */
export function createMeasure({ metrics, ...ports }: MeasurePorts): () => Promise<void> {
  let wasEmpty = true;
  return async () => {
    const { totals, queues } = await queuesOf(ports, MEASURED_BUNDLES_MAX);
    const isEmpty = TRANSFER_OPEN.every((state) => totals[state].bundles === 0);
    if (isEmpty && wasEmpty) return;
    (await metrics()).stand(queues, totals);
    wasEmpty = isEmpty;
  };
}
