/** What lies between the hosts: jammed links, and a satellite that is there in its passes only. */
import { decodeFrame } from '../../core/node/frames.ts';
import type { NetworkContact } from '../../core/network/view.ts';
import type { Channel } from '../../core/node/node.ts';
import { type LinkClient, LinkDown } from '../../core/ports/link-client.ts';
import type { Random } from '../../core/ports/random.ts';
import { duringContacts } from '../../core/simulator/link-profile.ts';
import { type LinkShape, shapedLinks } from '../../core/simulator/shaped-links.ts';
import type { Timeline } from '../../core/simulator/virtual-time.ts';
import type { TakeFrame } from '../../embedded/frames.ts';
import { SATELLITE, SITES, terrestrial } from './scene.ts';

export interface Carried {
  from: string;
  to: string;
  channel: Channel;
  bundleFrames: number;
  bundleBytes: number;
  lostFrames: number;
}

export class Air {
  readonly carried = new Map<string, Carried>();
  /** By node: what takes in what comes over the satellite. */
  readonly receivers = new Map<string, TakeFrame>();
  /** Of the satellite. */
  contacts: readonly NetworkContact[] = [];
  readonly #timeline: Timeline;
  readonly #random: Random;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  /** The links of one host: over its own connections, or to and from the satellite. */
  linksOf(from: string, connections?: LinkClient): LinkClient {
    const direct: LinkClient = {
      send: (to, channel, frame) => {
        if (to !== SATELLITE && from !== SATELLITE && connections)
          return connections.send(to, channel, frame);
        const receiver = this.receivers.get(to);
        if (receiver !== undefined) return receiver(from, channel, frame);
        return Promise.reject(new LinkDown(`"${to}" does not listen.`, 'Wait until it is open.'));
      },
    };
    const shaped = shapedLinks(direct, {
      timeline: this.#timeline,
      random: this.#random,
      shapeOf: (to, channel) => this.#shapeOf(from, to, channel),
      onEnd: (to, channel, _, end) => {
        if (end === 'lost') this.#countOf(from, to, channel).lostFrames++;
      },
    });
    return {
      send: (to, channel, frame) => {
        const { type } = decodeFrame(frame);
        const count = this.#countOf(from, to, channel);
        if (type === 'bundle') count.bundleFrames++;
        if (type === 'bundle') count.bundleBytes += frame.length;
        return shaped.send(to, channel, frame);
      },
    };
  }

  #shapeOf(from: string, to: string, channel: Channel): LinkShape | undefined {
    if (channel === 'satellite') {
      const own = this.contacts.filter((contact) => contact.from === from && contact.to === to);
      return { profile: duringContacts(own) };
    }
    const site = SITES.find(({ id }) => id === from || id === to);
    // Jamming is not announced: it has to be found out.
    return site && { profile: terrestrial(site.id, channel), isSilent: true };
  }

  #countOf(from: string, to: string, channel: Channel): Carried {
    const key = JSON.stringify([from, to, channel]);
    const known = this.carried.get(key);
    if (known !== undefined) return known;
    const fresh = { from, to, channel, bundleFrames: 0, bundleBytes: 0, lostFrames: 0 };
    this.carried.set(key, fresh);
    return fresh;
  }
}
