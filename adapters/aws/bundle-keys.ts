/** What protects bundles to and from nodes, read with each bundle: a node that joins again has another key at once. */
import { type Keys, peerKeysOf } from '../../core/custody/protection.ts';
import { lazily } from './lazily.ts';
import { clock, table } from './machine.ts';
import { DynamoNodeKeys } from './node-keys.ts';

export const bundleKeys = lazily((): Keys => {
  const keys = new DynamoNodeKeys(table(), clock);
  return {
    of: async (nodeId) => {
      const shared = await keys.get(nodeId);
      return shared && peerKeysOf(shared.present, shared.former);
    },
  };
});
