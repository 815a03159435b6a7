import { isRefusal } from '../../core/errors.ts';
import { freshState } from '../../core/network/fresh.ts';
import { isUsable } from '../../core/link-health/state.ts';
import type { CustodyAnswer } from '../../core/custody/answer.ts';
import {
  type ChunkFrame,
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameRefused,
} from '../../core/node/frames.ts';
import { type Channel, CHANNELS } from '../../core/node/node.ts';
import type { Chunks } from '../../core/ports/chunks.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Errands } from '../../core/ports/errands.ts';
import { type LinkClient, LinkDown } from '../../core/ports/link-client.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import type { Logger } from '../../core/task/handler.ts';

/** What a node said, as the host's broker hands it on. */
export interface Said {
  nodeId: string;
  channel: string;
  /** A frame. */
  bytes: Uint8Array;
}

type Report = Extract<Frame, { type: 'hello' | 'health' | 'gone' }>;

export interface ArrivePorts {
  /** This host's own node. */
  hub: string;
  chunks: Chunks;
  /** Takes a whole bundle into custody; see `CustodyUseCases.arrived`. */
  arrived: (
    from: string,
    sentAs: string,
    bytes: Uint8Array,
  ) => Promise<{ answer: CustodyAnswer; bundleId?: string }>;
  /** See `Hear.report`. */
  report: (nodeId: string, channel: Channel, frame: Report) => Promise<void>;
  network: Pick<NetworkStore, 'registered' | 'linkStates'>;
  links: LinkClient;
  errands: Errands;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'warn'>;
}

/**
 * Takes what nodes say, a frame at a time and at least once. What no node may say is logged, and disturbs nothing else. Errors:
 * `StoreUnavailable`, after which it is to be handed in again.
 */
export function createArrive({ hub, chunks, network, links, errands, clock, logger, ...ports }: ArrivePorts) {
  return async ({ nodeId, channel: name, bytes }: Said): Promise<void> => {
    try {
      const channel = CHANNELS.find((one) => one === name);
      if (channel === undefined)
        throw new FrameRefused('unsupported', `There is no channel "${name.slice(0, 40)}".`);
      await handle(nodeId, channel, decodeFrame(bytes));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      logger.warn('a frame is refused', {
        node: nodeId,
        channel: name,
        error: error.message,
        fix: error.fix,
      });
    }
  };

  async function handle(nodeId: string, channel: Channel, frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'probe':
        return say(nodeId, channel, { type: 'echo', sequence: frame.sequence });
      case 'bundle':
        return take(nodeId, channel, frame);
      case 'accepted': {
        const { bundleIds } = frame;
        return errands.send([{ type: 'acknowledged', from: nodeId, channel, bundleIds }]);
      }
      case 'refused':
        return errands.send([{ type: 'refused', from: nodeId, refusal: frame }]);
      case 'hello':
      case 'health':
      case 'gone':
        return hear(nodeId, channel, frame);
      // The host probes nobody.
      case 'echo':
    }
  }

  async function take(nodeId: string, channel: Channel, chunk: ChunkFrame): Promise<void> {
    const whole = await chunks.add(nodeId, channel, chunk);
    if (whole === undefined) return;
    const { answer, bundleId } = await ports.arrived(nodeId, chunk.bundleId, whole);
    if (bundleId !== undefined) await errands.send([{ type: 'step', bundleId }]);
    await say(nodeId, channel, answer);
  }

  /** What waits for a way to the node is looked at when there is one, or another one. */
  async function hear(nodeId: string, channel: Channel, frame: Report): Promise<void> {
    const before = await waysTo(nodeId);
    await ports.report(nodeId, channel, frame);
    if ((await waysTo(nodeId)) !== before) await errands.send([{ type: 'wake', node: nodeId }]);
  }

  async function waysTo(nodeId: string): Promise<string> {
    const [{ nodes, links: known, version }, states] = await Promise.all([
      network.registered(),
      network.linkStates(),
    ]);
    const there = new Set(known.filter(({ from, to }) => from === hub && to === nodeId).map(({ id }) => id));
    const up = states
      .filter((state) => there.has(state.linkId) && isUsable(freshState(state, clock.now())))
      .map(({ linkId }) => linkId);
    const node = nodes.find(({ id }) => id === nodeId);
    return JSON.stringify([up.sort(), node === undefined ? version : node]);
  }

  async function say(nodeId: string, channel: Channel, frame: Frame): Promise<void> {
    try {
      await links.send(nodeId, channel, encodeFrame(frame));
    } catch (error) {
      // Who is gone asks again when it is back.
      if (!(error instanceof LinkDown)) throw error;
    }
  }
}
