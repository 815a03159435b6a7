import type { QueueState } from '../custody/queues.ts';
import type { CustodyTotals } from '../custody/transfer.ts';
import type { Switch } from './failover-memories.ts';

/** Bundles that are looked at for numbers of what they wait for, the most urgent first, where each is read for a price. */
export const MEASURED_BUNDLES_MAX = 5000;

/** Takes numbers of bundles to where somebody looks at them. */
export interface BundleMetrics {
  /** A neighbour is reached over another channel from now on. */
  switched(one: Switch): void;
  /** How things stand. */
  stand(queues: readonly QueueState[], totals: CustodyTotals): void;
}
