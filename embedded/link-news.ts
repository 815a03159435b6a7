/** Takes in how links are that others measured, so that this node finds ways round those that failed. */
import { parse } from '../core/api/parse.ts';
import { linkNewsSchema } from '../core/network/link-news-schema.ts';
import { takable } from '../core/network/link-news.ts';
import type { NetworkStore } from '../core/ports/network-store.ts';
import type { Service } from '../lambdas/forward/ports.ts';
import { newsFrom } from './news.ts';

export interface LinkServicePorts {
  /** This node. */
  node: string;
  /** The node that may say so. */
  from: string;
  network: Pick<NetworkStore, 'registered' | 'putLinkState'>;
  /** What waits may find another way now. */
  changed: () => void;
}

/** Takes such news in. Errors: `InvalidInput`, `StoreUnavailable`. */
export function linkService({ node, from, network, changed }: LinkServicePorts): Service {
  return async (payload, { source }) => {
    const news = parse(linkNewsSchema, newsFrom(from, source, payload), 'What is told of links');
    for (const state of takable(node, await network.registered(), news)) await network.putLinkState(state);
    changed();
  };
}
