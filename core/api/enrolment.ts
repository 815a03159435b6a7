/** How nodes come to a network: credentials, tokens that let them join. */
import type { NetworkNode } from '../network/network.ts';
import type { Channel } from '../node/node.ts';
import type { NodeCredentials } from '../ports/node-registry.ts';
import type { Principal, Ticket } from '../ports/tickets.ts';

/** A link that a node brings along, there and back. */
export interface JoiningChannel {
  channel: Channel;
  rateBitsPerSecond?: number;
  /** One way. */
  delayMs?: number;
}

export interface JoinRequest extends Omit<NetworkNode, 'id'> {
  nodeId: string;
  channels: JoiningChannel[];
  /** Of `token`; absent where the host lets everybody join. */
  token?: string;
  /** Made by the node: with the same one it may join again. @default the host makes one, where nodes have secrets */
  secret?: string;
  /** PKCS #10, PEM, where nodes have certificates. */
  csrPem?: string;
}

export interface Joined {
  credentials: NodeCredentials;
  /** The host's own node, which its links lead to. */
  hub: string;
  /** Ids of the links between the two. */
  links: string[];
}

export interface Enrolment {
  /** Errors: `NotFound`, `Conflict` where the node has some, `InvalidInput`. */
  issue(nodeId: string, csrPem?: string): Promise<NodeCredentials>;
  /** Errors: `NotFound` where it has none. */
  revoke(nodeId: string): Promise<void>;
  /** Lets one node join within `JOIN_TOKEN_MS`. */
  token(principal: Principal): Promise<Ticket>;
  /**
   * A node that has joined with a secret of its own is let in with it again, without a token. Errors: `HttpRefusal` without a
   * token that is good, `Conflict` where the node has credentials, `InvalidInput`.
   */
  join(request: JoinRequest): Promise<Joined>;
}

export const JOIN_TOKEN_MS = 15 * 60_000;
