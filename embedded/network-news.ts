/** Tells nodes the network as this host knows it, so that they find ways by themselves while they are cut off. */
import { parse } from '../core/api/parse.ts';
import { InvalidInput } from '../core/errors.ts';
import type { Message } from '../core/custody/message.ts';
import { NETWORK_SERVICE, newsDay, newsOf, type NetworkNews } from '../core/network/news.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { NetworkStore } from '../core/ports/network-store.ts';
import type { NodeRegistry } from '../core/ports/node-registry.ts';
import type { Logger } from '../core/task/handler.ts';
import type { Service } from '../lambdas/forward/ports.ts';
import { createTellLinks } from './link-news.ts';
import { newsFrom } from './news.ts';
import * as z from 'zod';

const newsSchema = z.object({
  version: z.int().min(1),
  nodes: z.array(z.looseObject({ id: z.string() })),
  links: z.array(z.looseObject({ id: z.string() })),
  constellations: z.array(z.looseObject({ name: z.string(), textId: z.string() })),
  plans: z.array(z.looseObject({ name: z.string(), textId: z.string() })),
  texts: z.record(z.string(), z.string()),
});

export interface NetworkNewsPorts {
  /** This host's own node. */
  hub: string;
  network: NetworkStore;
  registry: Pick<NodeRegistry, 'list'>;
  send: (message: Message) => Promise<void>;
  clock: Clock;
  logger: Pick<Logger, 'error' | 'warn'>;
  signal: AbortSignal;
}

const LOOK_MS = 2000;
/** What a node refused it is told again after so long, and then after twice as long. */
export const AGAIN_MS = 60_000;
const AGAIN_MS_MAX = 6 * 3_600_000;

export interface Telling {
  /** Looks at once whether there is something to tell. */
  look(): void;
  /** Hears which news were refused. */
  service: Service;
  /** Resolves once the signal is aborted. */
  ended: Promise<void>;
}

interface Told {
  /** Of which network, and on which day. */
  state: string;
  refusals: number;
  /** Infinity unless it was refused. */
  againMs: number;
}

/**
 * Tells every node that may connect of the network, soon after something changed, once to each that is new, and again each day;
 * and of links that others measured.
 */
export function tellNetwork(ports: NetworkNewsPorts): Telling {
  const { clock, signal, logger } = ports;
  const told = new Map<string, Told>();
  let woken = new AbortController();
  const pause = async () => {
    woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    await clock.sleep(LOOK_MS, either).catch(() => undefined);
  };
  return {
    look: () => woken.abort(),
    ended: tell(ports, told, pause),
    async service(_, { source, deletion }) {
      if (deletion === undefined)
        throw new InvalidInput(`"${source}" tells of the network.`, 'This host tells its nodes.');
      const known = told.get(deletion.destination);
      if (known === undefined || known.againMs < Infinity) return;
      known.againMs = clock.now() + Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** known.refusals++);
      const { destination: node, by, reason } = deletion;
      logger.warn('a node does not take what it is told of the network', { node, by, reason });
    },
  };
}

async function tell(
  ports: NetworkNewsPorts,
  told: Map<string, Told>,
  pause: () => Promise<void>,
): Promise<void> {
  const { registry, logger, signal } = ports;
  const tellLinks = createTellLinks(ports);
  while (!signal.aborted) {
    try {
      const nodeIds = await nodesOf(registry);
      if (nodeIds.length > 0) {
        await tellWhole(ports, nodeIds, told);
        await tellLinks(nodeIds);
      }
    } catch (error) {
      if (!signal.aborted) logger.error('nodes could not be told of the network', { error: String(error) });
    }
    await pause();
  }
}

async function tellWhole(
  { network, send, clock }: NetworkNewsPorts,
  nodeIds: readonly string[],
  told: Map<string, Told>,
): Promise<void> {
  const nowMs = clock.now();
  const day = newsDay(nowMs);
  const state = JSON.stringify([await network.version(), day]);
  const untold = nodeIds.filter((id) => told.get(id)?.state !== state || told.get(id)!.againMs <= nowMs);
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
}

async function nodesOf(registry: Pick<NodeRegistry, 'list'>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.list({ ...(cursor !== undefined && { cursor }) });
    ids.push(...page.nodes.map(({ nodeId }) => nodeId));
    ({ cursor } = page);
  } while (cursor !== undefined);
  return ids.sort();
}

export interface NetworkServicePorts {
  network: NetworkStore;
  /** The node that may say so. */
  from: string;
  /** Of the news that was last taken. */
  version: () => number;
  keepVersion: (version: number) => void;
}

/** Takes news in; older ones than the last change nothing. Errors: `InvalidInput`, `StoreUnavailable`. */
export function networkService({ network, from, version, keepVersion }: NetworkServicePorts): Service {
  return async (payload, { source }) => {
    const told = newsFrom(from, source, payload);
    const news = parse(newsSchema, told, 'The network') as unknown as NetworkNews;
    if (news.version <= version()) return;
    const { version: next, texts, ...lists } = news;
    const standing = await network.registered();
    const known = new Set([...standing.constellations, ...standing.plans].map(({ textId }) => textId));
    const fresh = Object.entries(texts).filter(([textId]) => !known.has(textId));
    await network.change(() => ({ ...lists, texts: Object.fromEntries(fresh) }));
    keepVersion(next);
  };
}
