/** What a neighbour's frames do where they arrive, and how frames are said. */
import { Limiter } from '../core/limiter.ts';
import { ChunkAssembler } from '../core/node/chunks.ts';
import { decodeFrame, encodeFrame, type Frame, FrameRefused } from '../core/node/frames.ts';
import type { Channel } from '../core/node/node.ts';
import type { Clock } from '../core/ports/clock.ts';
import { type LinkClient, LinkDown } from '../core/ports/link-client.ts';
import type { Logger } from '../core/task/handler.ts';

/** What becomes of bundles and of answers to them. */
export interface BundleTraffic {
  /** A whole bundle, as its neighbour calls it. What is to be said at once, over the same channel. */
  arrived(from: string, channel: Channel, sentAs: string, bytes: Uint8Array): Promise<Frame | undefined>;
  answered(
    from: string,
    channel: Channel,
    answer: Extract<Frame, { type: 'accepted' | 'refused' }>,
  ): Promise<void>;
  /** A channel leads to the node from now on, or no more. */
  changed?(nodeId: string, channel: Channel, isUp: boolean): void;
}

export interface FramesOptions {
  traffic: BundleTraffic;
  /** Answers go over these. */
  links: LinkClient;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'error' | 'warn'>;
  /** Told of each frame first. */
  heard?: (from: string, channel: Channel, frame: Frame) => void;
  /** Takes what a neighbour says of itself and of its links. @default nobody asks */
  report?: (from: string, channel: Channel, frame: Report) => Promise<void>;
  /**
   * So much of one neighbour is dealt with side by side, each a commit, and one commit takes many; what comes when all turns are
   * taken waits in the network. @default one after the other
   */
  atOnceMax?: number;
}

export type Report = Extract<Frame, { type: 'hello' | 'health' }>;

/** Takes one frame in. Resolves when the next may come; answers may still be on their way. */
export type TakeFrame = (from: string, channel: Channel, bytes: Uint8Array) => Promise<void>;

export const AT_ONCE_MAX = 64;

export function createTakeFrame(options: FramesOptions): TakeFrame {
  const { traffic, links, clock, logger, heard, report, atOnceMax } = options;
  const chunks = new ChunkAssembler();
  const limiters = new Map<string, Limiter>();

  /** What has to be acknowledged may be in the way of the acknowledgement: nobody waits for it. */
  function saySoon(to: string, channel: Channel, frame: Frame): void {
    say(links, to, channel, frame).catch((error: unknown) => {
      logger.error('a frame could not be sent', { node: to, channel, error: String(error) });
    });
  }

  function inTurn(from: string, run: () => Promise<void>): Promise<void> {
    if (atOnceMax === undefined) return run();
    const limiter = limiters.get(from) ?? new Limiter(atOnceMax);
    limiters.set(from, limiter);
    return limiter.start(() =>
      run().catch((error: unknown) => {
        // Custody sees to it that what was lost comes again.
        logger.error('a frame could not be taken', { node: from, error: String(error) });
      }),
    );
  }

  async function handle(from: string, channel: Channel, frame: Frame): Promise<void> {
    heard?.(from, channel, frame);
    switch (frame.type) {
      case 'probe':
        return saySoon(from, channel, { type: 'echo', sequence: frame.sequence });
      case 'bundle': {
        const whole = chunks.add(from, channel, frame, clock.now());
        if (whole === undefined) return;
        return inTurn(from, async () => {
          const answer = await traffic.arrived(from, channel, frame.bundleId, whole);
          if (answer !== undefined) saySoon(from, channel, answer);
        });
      }
      case 'accepted':
      case 'refused':
        return inTurn(from, () => traffic.answered(from, channel, frame));
      case 'hello':
      case 'health':
        return report?.(from, channel, frame);
      // Who measures has heard it; a broker knows by itself who is gone.
      case 'echo':
      case 'gone':
    }
  }

  return async (from, channel, bytes) => {
    try {
      await handle(from, channel, decodeFrame(bytes));
    } catch (error) {
      if (!(error instanceof FrameRefused)) throw error;
      logger.warn('a frame is refused', { node: from, channel, error: error.message, fix: error.fix });
    }
  };
}

/** False: nothing leads there now. Probes show that, and who is gone asks again when it is back. */
export async function say(links: LinkClient, to: string, channel: Channel, frame: Frame): Promise<boolean> {
  try {
    await links.send(to, channel, encodeFrame(frame));
    return true;
  } catch (error) {
    if (error instanceof LinkDown) return false;
    throw error;
  }
}
