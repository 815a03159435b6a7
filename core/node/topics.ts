/** Topics between a host and its nodes: each node has a branch of its own, and sees no other. */
import { InvalidInput } from '../errors.ts';

const PREFIX = 'holdfast/nodes';
const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const CHANNEL = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** `holdfast/nodes/<node>/up/<channel>`: what a node says. */
export const upTopic = (nodeId: string, channel: string): string => topic(nodeId, 'up', channel);

/** `holdfast/nodes/<node>/down/<channel>`: what a node is told. */
export const downTopic = (nodeId: string, channel: string): string => topic(nodeId, 'down', channel);

/** A branch with everything under it, as an MQTT filter. */
export const branchOf = (nodeId: string, direction: 'up' | 'down'): string =>
  `${PREFIX}/${checkedNodeId(nodeId)}/${direction}/#`;

/** The node and channel of a topic that a node publishes to; undefined for any other. */
export function parseUpTopic(text: string): { nodeId: string; channel: string } | undefined {
  const [, nodeId, channel] = /^holdfast\/nodes\/([^/]+)\/up\/([^/]+)$/.exec(text) ?? [];
  if (nodeId === undefined || channel === undefined) return undefined;
  return NODE_ID.test(nodeId) && CHANNEL.test(channel) ? { nodeId, channel } : undefined;
}

export const isNodeId = (text: string): boolean => NODE_ID.test(text);

/** Throws `InvalidInput` for an id that could reach beyond its own topics, or that a registry does not take. */
export function checkedNodeId(nodeId: string): string {
  if (isNodeId(nodeId)) return nodeId;
  throw new InvalidInput(
    `"${nodeId.slice(0, 100)}" is not the id of a node.`,
    'Use 1 to 64 letters, digits, "-" and "_", beginning with a letter or a digit.',
  );
}

function topic(nodeId: string, direction: 'up' | 'down', channel: string): string {
  if (CHANNEL.test(channel)) return `${PREFIX}/${checkedNodeId(nodeId)}/${direction}/${channel}`;
  throw new InvalidInput(
    `"${channel.slice(0, 100)}" is not a channel.`,
    'Use 1 to 32 lower-case letters, digits and "-", beginning with a letter or a digit.',
  );
}
