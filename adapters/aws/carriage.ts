/** What bundles are moved on with, made when first asked for and once a process. */
import { Booked } from '../../core/custody/booked.ts';
import { NeighbourChannels } from '../../core/custody/channels.ts';
import { switchOf } from '../../core/custody/remembered.ts';
import { Isolation } from '../../core/link-health/isolation.ts';
import type { NetworkView } from '../../core/network/view.ts';
import type { ContactTimers } from '../../core/ports/contact-timers.ts';
import type { ReleaseLanes } from '../../core/ports/release-lanes.ts';
import { ZstdCompression } from '../system/zstd.ts';
import { bundleKeys } from './bundle-keys.ts';
import { bundleMetrics } from './bundle-numbers.ts';
import { custody } from './custody.ts';
import { DynamoFailoverMemories } from './failover-memories.ts';
import { here } from './here.ts';
import { later, lazily } from './lazily.ts';
import { logger } from './logger.ts';
import { clock, random, table } from './machine.ts';
import { DynamoNetworkStore } from './network-store.ts';
import { nodeLinks } from './node-links.ts';

/** Loaded by the first bundle that looks for a way. */
const view = later<NetworkView>({ registered: true, routes: true, contacts: true }, async () =>
  (await import('./network.ts')).view(),
);

/** Loaded by the first contact. */
const lanes = later<ReleaseLanes>(
  { put: true, take: true, done: true, giveBack: true, depth: true, close: true },
  async () => (await import('./lanes.ts')).lanes(),
);
const timers = later<ContactTimers>({ set: true }, async () =>
  (await import('./contacts.ts')).contactTimers(),
);

export const carriage = lazily(() => ({
  node: here(),
  custody: custody(),
  lanes,
  links: nodeLinks(),
  isolation: new Isolation(clock),
  booked: new Booked({ node: here(), custody: custody(), clock }),
  timers,
  network: view,
  channels: new NeighbourChannels({
    node: here(),
    view,
    network: new DynamoNetworkStore(table()),
    clock,
    random,
    memories: new DynamoFailoverMemories(table()),
    decided: async (to, decision) => {
      const { kind, reason, from, to: channel } = decision;
      logger.info(`${to}: ${reason}`, { kind, from, to: channel });
      for (const one of switchOf(decision)) (await bundleMetrics()).switched(one);
    },
  }),
  keys: bundleKeys(),
  compression: new ZstdCompression(),
  // Whoever drains a contact runs for minutes at most.
  limits: { fragmentMsMax: 30_000 },
  clock,
  random,
}));
