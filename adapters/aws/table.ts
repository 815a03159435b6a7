/**
 * The one table, described once: the stack and the store tests both make it from here. Billed on demand.
 * What the keys hold is in `keys.ts`.
 */

export interface IndexShape {
  name: string;
  partitionKey: string;
  sortKey: string;
  /** Attributes kept beside the keys; only the keys where there are none. */
  include: readonly string[];
}

/** Every key attribute is a string. */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Epoch seconds after which DynamoDB may delete an item. */
  timeToLive: 'expires',
  /** The stream is the outbox: an image carries the events of its write. */
  stream: 'NEW_IMAGE',
  /** Sparse: an item is in an index only while it has that index's attributes. */
  indexes: [
    /** Executions by how they stand, and workflows: what lists show. */
    { name: 'listed', partitionKey: 'list', sortKey: 'order', include: ['status', 'workflow', 'kind'] },
    /** What belongs to something else: children of an execution, tasks parked for a type. */
    { name: 'related', partitionKey: 'related', sortKey: 'order', include: [] },
    { name: 'correlated', partitionKey: 'correlation', sortKey: 'order', include: [] },
  ] satisfies readonly IndexShape[],
} as const;

/** A partition of the table takes 1,000 write units a second: more at once would only be turned away. */
export const WRITES_AT_ONCE = 10;
