/** Sends to nodes that hold a connection to this host. */
export interface NodeLink {
  /**
   * Publishes to the node's `down` topic of the channel (`core/node/topics.ts`), at most 128 KB, at least once to a node that
   * listens. Resolves when the broker has it, which says nothing of the node. Errors: `PayloadTooLarge`, `InvalidInput`,
   * `StoreUnavailable`.
   */
  send(nodeId: string, channel: string, payload: Uint8Array): Promise<void>;
}
