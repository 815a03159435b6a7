/** Tells nodes the network as this host knows it, so that they find ways by themselves while they are cut off. */
import { parse } from '../core/api/parse.ts';
import { InvalidInput } from '../core/errors.ts';
import type { Message } from '../core/custody/message.ts';
import { newsDay, newsOf, type NetworkNews } from '../core/network/news.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { NetworkStore } from '../core/ports/network-store.ts';
import type { NodeRegistry } from '../core/ports/node-registry.ts';
import type { Logger } from '../core/task/handler.ts';
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
  network: NetworkStore;
  registry: Pick<NodeRegistry, 'list'>;
  send: (message: Message) => Promise<void>;
  clock: Clock;
  logger: Pick<Logger, 'error'>;
  signal: AbortSignal;
}

const LOOK_MS = 2000;

export interface Telling {
  /** Looks at once whether there is something to tell. */
  look(): void;
  /** Resolves once the signal is aborted. */
  ended: Promise<void>;
}

/** Tells every node that may connect, soon after something changed, once to each that is new, and again each day. */
export function tellNetwork(ports: NetworkNewsPorts): Telling {
  let woken = new AbortController();
  const pause = async () => {
    woken = new AbortController();
    const either = AbortSignal.any([ports.signal, woken.signal]);
    await ports.clock.sleep(LOOK_MS, either).catch(() => undefined);
  };
  return { look: () => woken.abort(), ended: tell(ports, pause) };
}

async function tell(
  { network, registry, send, clock, logger, signal }: NetworkNewsPorts,
  pause: () => Promise<void>,
): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    try {
      const nodeIds = await nodesOf(registry);
      const day = newsDay(clock.now());
      const state = JSON.stringify([await network.version(), nodeIds, day]);
      if (nodeIds.length > 0 && state !== told) {
        const news = await newsOf(network, day);
        for (const to of news === undefined ? [] : nodeIds) await send({ ...news!, to });
        if (news !== undefined) told = state;
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
export function networkService({ network, from, version, keepVersion }: NetworkServicePorts) {
  return async (payload: Uint8Array, { source }: { source: string }): Promise<void> => {
    if (source !== from)
      throw new InvalidInput(`"${source}" tells of the network.`, `Only "${from}" may: this node joined it.`);
    const news = parse(newsSchema, jsonOf(payload), 'The network') as unknown as NetworkNews;
    if (news.version <= version()) return;
    const { version: told, texts, ...lists } = news;
    const standing = await network.registered();
    const known = new Set([...standing.constellations, ...standing.plans].map(({ textId }) => textId));
    const fresh = Object.entries(texts).filter(([textId]) => !known.has(textId));
    await network.change(() => ({ ...lists, texts: Object.fromEntries(fresh) }));
    keepVersion(told);
  };
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    throw new InvalidInput(
      `What tells of the network is no JSON: ${(error as Error).message}.`,
      'Send JSON.',
    );
  }
}
