/** Keys of what is kept of the network beside its document. */
import type { Key } from './item-table.ts';

export const NETWORK_PK = 'NET';
/** Begins the sort key of what is remembered of the channels to a node. */
export const MEMORY = 'F#';
export const memoryKey = (nodeId: string): Key => ({ pk: NETWORK_PK, sk: `${MEMORY}${nodeId}` });
