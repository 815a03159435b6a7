import type { QueueState } from '../custody/queues.ts';
import type { CustodyTotals } from '../custody/transfer.ts';
import type { Switch } from './failover-memories.ts';

/** Takes numbers of bundles to where somebody looks at them. */
export interface BundleMetrics {
  /** A neighbour is reached over another channel from now on. */
  switched(one: Switch): void;
  /** How things stand. */
  stand(queues: readonly QueueState[], totals: CustodyTotals): void;
}
