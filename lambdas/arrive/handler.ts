/** Takes what nodes say: their frames come by a queue. */
import { ZstdCompression } from '../../adapters/system/zstd.ts';
import { bundleKeys } from '../../adapters/aws/bundle-keys.ts';
import { DynamoChunks } from '../../adapters/aws/chunks.ts';
import { custody } from '../../adapters/aws/custody.ts';
import { errands } from '../../adapters/aws/errand-queue.ts';
import { here } from '../../adapters/aws/here.ts';
import { readSaid } from '../../adapters/aws/inbox.ts';
import { later, lazily } from '../../adapters/aws/lazily.ts';
import { logger } from '../../adapters/aws/logger.ts';
import { clock, table } from '../../adapters/aws/machine.ts';
import { DynamoNetworkStore } from '../../adapters/aws/network-store.ts';
import { nodeLinks } from '../../adapters/aws/node-links.ts';
import { queueHandler } from '../../adapters/aws/queue-handler.ts';
import { createCustody } from '../forward/custody.ts';
import type { Hear } from '../hear/hear.ts';
import { createArrive } from './arrive.ts';

export const handler = queueHandler(readSaid, () => {
  const hub = here();
  const network = new DynamoNetworkStore(table());
  const bundles = createCustody({
    node: hub,
    custody: custody(),
    keys: bundleKeys(),
    clock,
    compression: new ZstdCompression(),
  });
  // Loaded by the first report: bundles, probes and acknowledgements do without.
  const hear = later<Pick<Hear, 'report'>>(
    { report: true },
    lazily(async () => (await import('../hear/hear.ts')).createHear({ network, clock, hub })),
  );
  return createArrive({
    hub,
    chunks: new DynamoChunks(table(), clock),
    arrived: (...bundle) => bundles.arrived(...bundle),
    report: (...said) => hear.report(...said),
    network,
    links: nodeLinks(),
    errands: errands(),
    clock,
    logger,
  });
});
