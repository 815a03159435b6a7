/** Tells nodes the network as this host knows it, so that they find ways by themselves while they are cut off. */
import { parse } from '../core/api/parse.ts';
import type { Message } from '../core/custody/message.ts';
import type { NetworkNews } from '../core/network/news.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { NetworkStore } from '../core/ports/network-store.ts';
import type { NodeRegistry } from '../core/ports/node-registry.ts';
import type { Logger } from '../core/task/handler.ts';
import type { Service } from '../lambdas/forward/ports.ts';
import { createTellLinks } from '../lambdas/forward/tell-links.ts';
import { createTell, type Telling } from '../lambdas/forward/tell.ts';
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

export interface NetworkNewsTelling extends Pick<Telling, 'service'> {
  /** Looks at once whether there is something to tell. */
  look(): void;
  /** Resolves once the signal is aborted. */
  ended: Promise<void>;
}

/**
 * Tells every node that may connect of the network, soon after something changed, once to each that is new, and again each day;
 * and of links that others measured.
 */
export function tellNetwork(ports: NetworkNewsPorts): NetworkNewsTelling {
  const { hub, clock, signal } = ports;
  const { tell, service } = createTell({ ...ports, node: hub });
  let woken = new AbortController();
  const pause = async () => {
    woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    await clock.sleep(LOOK_MS, either).catch(() => undefined);
  };
  return { look: () => woken.abort(), service, ended: keepTelling(ports, tell, pause) };
}

async function keepTelling(
  ports: NetworkNewsPorts,
  tell: Telling['tell'],
  pause: () => Promise<void>,
): Promise<void> {
  const { registry, logger, signal } = ports;
  const tellLinks = createTellLinks({ ...ports, node: ports.hub });
  while (!signal.aborted) {
    try {
      const nodeIds = await nodesOf(registry);
      if (nodeIds.length > 0) {
        await tell(nodeIds);
        await tellLinks();
      }
    } catch (error) {
      if (!signal.aborted) logger.error('nodes could not be told of the network', { error: String(error) });
    }
    await pause();
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
