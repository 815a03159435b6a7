import { InvalidInput } from '../../core/errors.ts';
import type { Message } from '../../core/custody/message.ts';
import { NETWORK_SERVICE, newsDay, newsOf } from '../../core/network/news.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import { Recent } from '../../core/recent.ts';
import type { Logger } from '../../core/task/handler.ts';
import type { Service } from './ports.ts';

export interface TellPorts {
  /** Id of this node. */
  node: string;
  network: Pick<NetworkStore, 'version' | 'registered' | 'text' | 'nodeReports'>;
  /** Takes it into custody, and sees to it; the same message again changes nothing. */
  send: (message: Message) => Promise<void>;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'warn'>;
}

export interface Telling {
  /** Tells nodes, or all that ever said something, of the network where they have not been told of it as it is, or not today. */
  tell: (nodes?: readonly string[]) => Promise<void>;
  /** Hears which news were refused: they are told again, later each time. Errors: `InvalidInput` for any other message. */
  service: Service;
}

/** Nodes of which this process knows what they were told. */
const KNOWN_MAX = 10_000;
/** What a node refused it is told again after so long, and then after twice as long. */
export const AGAIN_MS = 60_000;
const AGAIN_MS_MAX = 6 * 3_600_000;

interface Told {
  /** Of which network, and on which day. */
  state: string;
  refusals: number;
  /** Infinity unless it was refused. */
  againMs: number;
}

export function createTell({ node, network, send, clock, logger }: TellPorts): Telling {
  const told = new Recent<string, Told>(KNOWN_MAX);
  return {
    async tell(nodes) {
      const nowMs = clock.now();
      const day = newsDay(nowMs);
      const state = `${await network.version()} ${day}`;
      const isUntold = (to: string): boolean => {
        const was = told.get(to);
        return to !== node && (was?.state !== state || was.againMs <= nowMs);
      };
      const all = nodes ?? (await network.nodeReports()).map(({ nodeId }) => nodeId);
      const untold = all.filter(isUntold);
      const news = untold.length > 0 ? await newsOf(network, day) : undefined;
      if (news === undefined) return;
      for (const to of untold) {
        const was = told.get(to);
        const refusals = was?.state === state ? was.refusals : 0;
        // The same message would be the same bundle, which has ended.
        const id = refusals === 0 ? news.id : `${news.id} ${refusals}`;
        await send({ ...news, id, to, reportTo: NETWORK_SERVICE });
        told.set(to, { state, refusals, againMs: Infinity });
      }
    },
    async service(_, { source, deletion }) {
      if (deletion === undefined)
        throw new InvalidInput(`"${source}" tells of the network.`, 'This host tells its nodes.');
      const { destination, by, reason } = deletion;
      const known = told.get(destination);
      if (known === undefined || known.againMs < Infinity) return;
      known.againMs = clock.now() + Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** known.refusals++);
      logger.warn('a node does not take what it is told of the network', { node: destination, by, reason });
    },
  };
}
