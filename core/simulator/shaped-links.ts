/** Real links, as slow and as often down as simulated ones. */
import type { Channel } from '../node/node.ts';
import { type LinkClient, LinkDown } from '../ports/link-client.ts';
import type { Random } from '../ports/random.ts';
import { SimulatedLink } from './link.ts';
import type { LinkProfile } from './link-profile.ts';
import type { Timeline } from './virtual-time.ts';

export interface LinkShape {
  profile: LinkProfile;
  /** What is sent while it is down is lost without a word, as where it is jammed. @default false: the sender is told */
  isSilent?: boolean;
}

export interface ShapedLinksOptions {
  timeline: Timeline;
  random: Random;
  /** How the link to a neighbour is; undefined: as it really is. Asked once for each. */
  shapeOf: (to: string, channel: Channel) => LinkShape | undefined;
  /** Told of what is let through, and of what is lost on its way, once it is. */
  onEnd?: (to: string, channel: Channel, sizeBytes: number, end: 'delivered' | 'lost') => void;
}

interface Shaped extends LinkShape {
  link: SimulatedLink;
}

/**
 * Hands frames on to `links` when they are over the simulated link. A frame that a real link loses in the meantime is lost:
 * nobody is told. Errors of `send`: `LinkDown`.
 */
export function shapedLinks(links: LinkClient, options: ShapedLinksOptions): LinkClient {
  const { timeline, random, shapeOf, onEnd = () => undefined } = options;
  const known = new Map<string, Shaped | undefined>();

  function shapedOf(to: string, channel: Channel): Shaped | undefined {
    const key = JSON.stringify([to, channel]);
    if (known.has(key)) return known.get(key);
    const shape = shapeOf(to, channel);
    const link = shape && new SimulatedLink({ timeline, random, profile: shape.profile });
    const shaped = shape && { ...shape, link: link! };
    known.set(key, shaped);
    return shaped;
  }

  return {
    async send(to, channel, frame) {
      const shaped = shapedOf(to, channel);
      if (shaped === undefined) return links.send(to, channel, frame);
      const { link, profile, isSilent = false } = shaped;
      if (!isSilent && !profile.at(timeline.nowMs).isUp)
        throw new LinkDown(`The ${channel} link to "${to}" is down, as simulated.`, 'Wait until it is up.');
      const sizeBytes = frame.length;
      const end = (how: 'delivered' | 'lost') => onEnd(to, channel, sizeBytes, how);
      const sentMs = link.send(sizeBytes, {
        delivered: () => {
          links.send(to, channel, frame).then(
            () => end('delivered'),
            () => end('lost'),
          );
        },
        lost: () => end('lost'),
      });
      await new Promise<void>((resolve) => timeline.at(sentMs, resolve));
    },
  };
}
