/** The network as it is registered and measured, made when first asked for and once a process. */
import { createNetworkView } from '../../core/network/view.ts';
import { lazily } from './lazily.ts';
import { clock, table } from './machine.ts';
import { DynamoNetworkStore } from './network-store.ts';

export const network = lazily(() => new DynamoNetworkStore(table()));
export const view = lazily(() => createNetworkView({ network: network(), clock }));
