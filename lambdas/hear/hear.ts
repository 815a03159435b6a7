import { parse } from '../../core/api/parse.ts';
import { InvalidInput } from '../../core/errors.ts';
import { type LinkState, linkState } from '../../core/link-health/state.ts';
import { putFile } from '../../core/network/edit.ts';
import type { NetworkLink, NetworkNode } from '../../core/network/network.ts';
import { nodeSchema } from '../../core/network/network-schema.ts';
import type { Frame, HelloFrame, MeasuredChannel } from '../../core/node/frames.ts';
import type { Channel } from '../../core/node/node.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';

export interface HearPorts {
  network: NetworkStore;
  clock: Pick<Clock, 'now'>;
  /** This host's own node. */
  hub: string;
}

/** What a node says of itself and of its links. */
export type Report = Extract<Frame, { type: 'hello' | 'health' | 'gone' }>;

export interface Hear {
  /** Errors: `InvalidInput` for what a node must not say, `StoreUnavailable`. */
  report(nodeId: string, channel: Channel, frame: Report): Promise<void>;
  /** The connection over a channel is lost: who measured it can't say so. */
  lost(nodeId: string, channel: Channel): Promise<void>;
}

/** Takes in what nodes report: their links' health, what they are and can, that they are gone. */
export function createHear({ network, clock, hub }: HearPorts): Hear {
  /** Of the links between this host and the node. */
  async function put(
    nodeId: string,
    channel: Channel,
    direction: Direction,
    state: LinkState,
  ): Promise<void> {
    const { links } = await network.registered();
    for (const { id: linkId } of links.filter((link) => isBetween(link, hub, nodeId, channel, direction)))
      await network.putLinkState({ ...state, linkId, atMs: clock.now() });
  }

  /** What kind it is was settled when it was registered. */
  async function hello({ nodeId, taskTypes, load, ...frame }: HelloFrame): Promise<void> {
    const { capabilities, position, concurrency } = frame;
    const said = {
      capabilities,
      ...(position && { position }),
      ...(concurrency !== undefined && { concurrency }),
    };
    await network.change((standing) => {
      const node = standing.nodes.find(({ id }) => id === nodeId);
      if (node === undefined) throw unregistered(nodeId);
      const next: NetworkNode = parse(nodeSchema, { ...node, ...said }, `What "${nodeId}" says of itself`);
      return putFile(standing, { nodes: [next], links: [] }, `"${nodeId}"`, () => '');
    });
    await network.putNodeReport({ nodeId, atMs: clock.now(), taskTypes, load });
  }

  const lost = (nodeId: string, channel: Channel): Promise<void> =>
    put(
      nodeId,
      channel,
      undefined,
      linkState('down', { sinceMs: clock.now(), reasons: ['the connection was lost'] }),
    );

  return {
    lost,
    async report(nodeId, channel, frame) {
      if (frame.type === 'gone') return lost(nodeId, channel);
      if (frame.type === 'hello') {
        if (frame.nodeId === nodeId) return hello(frame);
        throw new InvalidInput(
          `"${nodeId}" says that it is "${frame.nodeId}".`,
          'Start it with the id that it is registered by.',
        );
      }
      for (const { channel: of, direction, forMs, ...state } of frame.channels)
        await put(nodeId, of, direction, { ...state, sinceMs: clock.now() - forMs });
    },
  };
}

type Direction = MeasuredChannel['direction'];

function isBetween(
  link: NetworkLink,
  hub: string,
  node: string,
  channel: Channel,
  direction: Direction,
): boolean {
  const isUp = link.from === node && link.to === hub;
  const isDown = link.from === hub && link.to === node;
  return link.channel === channel && ((isUp && direction !== 'down') || (isDown && direction !== 'up'));
}

const unregistered = (nodeId: string): InvalidInput =>
  new InvalidInput(
    `"${nodeId}" is no node of this network.`,
    'Register it with POST /nodes, or let it join again.',
  );
