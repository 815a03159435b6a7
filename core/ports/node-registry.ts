/** A node that may connect. */
export interface RegisteredNode {
  nodeId: string;
  /** Epoch milliseconds. */
  registeredMs: number;
}

/** What a node needs to connect. */
export interface NodeCredentials {
  nodeId: string;
  /** Host name of the MQTT broker; its port is 8883 unless it says another. */
  brokerHost: string;
  /** The client's certificate, PEM. */
  certificatePem: string;
  /** PEM; given out this once and kept nowhere. Absent when the node made its own key. */
  privateKeyPem?: string;
}

export interface NodePage {
  nodes: RegisteredNode[];
  /** Absent on the last page. */
  cursor?: string;
}

/** Says which nodes may connect, each with an identity of its own and to its own topics only. */
export interface NodeRegistry {
  /**
   * Registers a node, with a certificate for the key of `csrPem` (PKCS #10), or for a new key. One that broke off half-way lets
   * nobody in and can be repeated. Errors: `InvalidInput`, `Conflict` when the node is registered, `StoreUnavailable`.
   */
  register(nodeId: string, csrPem?: string): Promise<NodeCredentials>;
  /** Takes a node's identity back; false when it is not registered. Can be repeated. Errors: `StoreUnavailable`. */
  unregister(nodeId: string): Promise<boolean>;
  /** In no order. Errors: `StoreUnavailable`. */
  list(page?: { cursor?: string; limit?: number }): Promise<NodePage>;
}
