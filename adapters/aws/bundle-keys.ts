/** What protects bundles to and from nodes, read with each bundle: a node that joins again has another key at once. */
import { type Keys, peerKeysOf } from '../../core/custody/protection.ts';
import { lazily } from './lazily.ts';
import { table } from './machine.ts';
import { DynamoNodeKeys } from './node-keys.ts';

export const bundleKeys = lazily((): Keys => {
  const keys = new DynamoNodeKeys(table());
  return {
    of: async (nodeId) => {
      const key = await keys.get(nodeId);
      return key && peerKeysOf(key);
    },
  };
});
