/** The network as it is registered and measured, and who runs tasks in it; made when first asked for and once a process. */
import { createNetworkView } from '../../core/network/view.ts';
import { createPlacer } from '../../core/placement/placer.ts';
import { here } from './here.ts';
import { lazily } from './lazily.ts';
import { clock, table } from './machine.ts';
import { DynamoNetworkStore } from './network-store.ts';
import { types } from './stores.ts';
import { DynamoTurns } from './turns.ts';

export const network = lazily(() => new DynamoNetworkStore(table()));
export const view = lazily(() => createNetworkView({ network: network(), clock }));
export const placer = lazily(() =>
  createPlacer({
    here: { id: here(), capabilities: [] },
    types: types(),
    clock,
    others: { network: view(), reports: network(), turns: new DynamoTurns(table()) },
  }),
);
