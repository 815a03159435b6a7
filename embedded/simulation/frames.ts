/** What a neighbour's frames do where they arrive, for hosts that no broker stands before. */
import { ChunkAssembler } from '../../core/node/chunks.ts';
import { decodeFrame, encodeFrame, type Frame, FrameRefused } from '../../core/node/frames.ts';
import type { Channel } from '../../core/node/node.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { type LinkClient, LinkDown } from '../../core/ports/link-client.ts';
import type { Logger } from '../../core/task/handler.ts';
import type { BundleTraffic } from '../nodes.ts';

export interface FramesOptions {
  traffic: BundleTraffic;
  /** Answers go over these. */
  links: LinkClient;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'error' | 'warn'>;
  /** Told of each frame first. */
  heard?: (from: string, channel: Channel, frame: Frame) => void;
}

/** Takes one frame in. Resolves when it is dealt with; answers may still be on their way. */
export type TakeFrame = (from: string, channel: Channel, bytes: Uint8Array) => Promise<void>;

export function createTakeFrame({ traffic, links, clock, logger, heard }: FramesOptions): TakeFrame {
  const chunks = new ChunkAssembler();

  /** What has to be acknowledged may be in the way of the acknowledgement: nobody waits for it. */
  function say(to: string, channel: Channel, frame: Frame | undefined): void {
    if (frame === undefined) return;
    links.send(to, channel, encodeFrame(frame)).catch((error: unknown) => {
      if (!(error instanceof LinkDown))
        logger.error('a frame could not be sent', { to, channel, error: String(error) });
    });
  }

  async function handle(from: string, channel: Channel, frame: Frame): Promise<void> {
    heard?.(from, channel, frame);
    if (frame.type === 'probe') return say(from, channel, { type: 'echo', sequence: frame.sequence });
    if (frame.type === 'accepted' || frame.type === 'refused') return traffic.answered(from, channel, frame);
    if (frame.type !== 'bundle') return;
    const whole = chunks.add(from, channel, frame, clock.now());
    if (whole === undefined) return;
    say(from, channel, await traffic.arrived(from, channel, frame.bundleId, whole));
  }

  return async (from, channel, bytes) => {
    try {
      await handle(from, channel, decodeFrame(bytes));
    } catch (error) {
      if (!(error instanceof FrameRefused)) throw error;
      logger.warn('a frame is refused', { from, channel, error: error.message, fix: error.fix });
    }
  };
}
