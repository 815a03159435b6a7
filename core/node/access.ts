/** What a node may do at a broker: the same on every broker, whoever enforces it. */
import { checkedNodeId, downTopic, parseUpTopic, upTopic, branchOf } from './topics.ts';
import { CHANNELS, type Channel } from './node.ts';

/** Who is at the other end of a connection. */
export interface NodeConnection {
  nodeId: string;
  /** A connection of one channel; absent: of all that the broker is reached over. */
  channel?: Channel;
}

/** `<node>`, or `<node>/<channel>`: a node has at most one connection of each. */
export const clientIdOf = ({ nodeId, channel }: NodeConnection): string =>
  channel === undefined ? checkedNodeId(nodeId) : `${checkedNodeId(nodeId)}/${channel}`;

/** Undefined for what is no node's. */
export function parseClientId(clientId: string): NodeConnection | undefined {
  const [nodeId = '', name, ...rest] = clientId.split('/');
  const channel = CHANNELS.find((known) => known === name);
  if (rest.length > 0 || (name !== undefined && channel === undefined)) return undefined;
  if (parseUpTopic(`holdfast/nodes/${nodeId}/up/primary`) === undefined) return undefined;
  return { nodeId, ...(channel && { channel }) };
}

/** The channel that something published to a topic came over; undefined where it may not be published there. */
export const publishedOver = ({ nodeId, channel }: NodeConnection, topic: string): Channel | undefined =>
  CHANNELS.find((one) => (channel ?? one) === one && topic === upTopic(nodeId, one));

/** The channels that a filter subscribes to: none where it may not. */
export function subscribedTo({ nodeId, channel }: NodeConnection, filter: string): Channel[] {
  const own = CHANNELS.filter((one) => (channel ?? one) === one);
  if (filter === branchOf(nodeId, 'down')) return own;
  return own.filter((one) => filter === downTopic(nodeId, one));
}
