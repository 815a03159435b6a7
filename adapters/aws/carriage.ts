/** What bundles are moved on with, made when first asked for and once a process. */
import { NeighbourChannels } from '../../core/custody/channels.ts';
import { ZstdCompression } from '../system/zstd.ts';
import { contactTimers } from './contacts.ts';
import { custody } from './custody.ts';
import { here } from './here.ts';
import { lanes } from './lanes.ts';
import { lazily } from './lazily.ts';
import { logger } from './logger.ts';
import { clock, random } from './machine.ts';
import { network, view } from './network.ts';
import { nodeLink } from './node-links.ts';

export const carriage = lazily(() => ({
  node: here(),
  custody: custody(),
  lanes: lanes(),
  links: nodeLink(),
  timers: contactTimers(),
  network: view(),
  channels: new NeighbourChannels({
    node: here(),
    view: view(),
    network: network(),
    clock,
    random,
    decided: (to, { kind, reason, from, to: channel }) =>
      logger.info(`${to}: ${reason}`, { kind, from, to: channel }),
  }),
  compression: new ZstdCompression(),
  // Whoever drains a contact runs for minutes at most.
  limits: { fragmentMsMax: 30_000 },
  clock,
  random,
}));
