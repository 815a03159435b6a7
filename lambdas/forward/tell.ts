import type { Message } from '../../core/custody/message.ts';
import { newsDay, newsOf } from '../../core/network/news.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import { Recent } from '../../core/recent.ts';

export interface TellPorts {
  /** Id of this node. */
  node: string;
  network: Pick<NetworkStore, 'version' | 'registered' | 'text' | 'nodeReports'>;
  /** Takes it into custody, and sees to it; the same message again changes nothing. */
  send: (message: Message) => Promise<void>;
  clock: Pick<Clock, 'now'>;
}

/** Nodes of which this process knows what they were told. */
const KNOWN_MAX = 10_000;

/** Tells nodes, or all that ever said something, of the network where they have not been told of it as it is, or not today. */
export function createTell({ node, network, send, clock }: TellPorts) {
  const told = new Recent<string, string>(KNOWN_MAX);
  return async (nodes?: readonly string[]): Promise<void> => {
    const day = newsDay(clock.now());
    const state = `${await network.version()} ${day}`;
    const all = nodes ?? (await network.nodeReports()).map(({ nodeId }) => nodeId);
    const untold = all.filter((to) => to !== node && told.get(to) !== state);
    const news = untold.length > 0 ? await newsOf(network, day) : undefined;
    if (news === undefined) return;
    for (const to of untold) {
      await send({ ...news, to });
      told.set(to, state);
    }
  };
}
