/** Of the key that a node and its host share. */
export const BUNDLE_KEY_BYTES = 32;

/** A node that may connect. */
export interface RegisteredNode {
  nodeId: string;
  /** Epoch milliseconds. */
  registeredMs: number;
}

interface Connection {
  nodeId: string;
  /** The MQTT broker: `mqtts://broker.example.org:8883`. Absent: at the path `/mqtt` of the host that gave them. */
  brokerUrl?: string;
  /** Shared by the node and its host, which keeps it too: 32 bytes, base64url. Absent: bundles between them are not protected. */
  bundleKey?: string;
}

/** For a broker that tells nodes by their certificates. */
export interface CertificateCredentials extends Connection {
  /** The client's certificate, PEM. */
  certificatePem: string;
  /** PEM; given out this once and kept nowhere. Absent when the node made its own key. */
  privateKeyPem?: string;
}

/** For a broker that asks for a name, which is the node's id, and a password. */
export interface SecretCredentials extends Connection {
  /** Given out this once; only its hash is kept. */
  secret: string;
}

/** What a node needs to connect. */
export type NodeCredentials = CertificateCredentials | SecretCredentials;

export interface NodePage {
  nodes: RegisteredNode[];
  /** Absent on the last page. */
  cursor?: string;
}

/** Says which nodes may connect, each with an identity of its own and to its own topics only. */
export interface NodeRegistry {
  /**
   * Registers a node: where it is told by its certificate, with one for the key of `csrPem` (PKCS #10), or for a new key.
   * One that broke off half-way lets nobody in and can be repeated. Errors: `InvalidInput`, also for a `csrPem` where
   * nodes have secrets; `Conflict` when the node is registered; `StoreUnavailable`.
   * @param secret made by the node, and with which it may register again: it gets the same credentials, but for a new certificate
   * in place of the last
   */
  register(nodeId: string, csrPem?: string, secret?: string): Promise<NodeCredentials>;
  /** Takes a node's identity back; false when it is not registered. Can be repeated. Errors: `StoreUnavailable`. */
  unregister(nodeId: string): Promise<boolean>;
  /** In no order. Errors: `StoreUnavailable`. */
  list(page?: { cursor?: string; limit?: number }): Promise<NodePage>;
}
