/** The network's use cases over the real store, with a clock that stands where it is put. */
import { afterEach, beforeEach } from 'vitest';
import { openStore } from '../../adapters/embedded/store.ts';
import type { NetworkOperations } from '../../core/api/network-operations.ts';
import { linkState } from '../../core/link-health/state.ts';
import type { NetworkLink, NetworkNode, Position } from '../../core/network/network.ts';
import type { MeasuredLink } from '../../core/ports/network-store.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { EPOCH_MS } from '../core/contact-plan/orbit/elements.ts';

export const HOUR_MS = 3_600_000;
export const NOW_MS = EPOCH_MS + HOUR_MS;

export interface OpenNetwork {
  store: ReturnType<typeof openStore>;
  network: NetworkOperations;
}

/** `use`: is given a new one for each test. */
export function useNetwork(use: (opened: OpenNetwork) => void) {
  const time = { nowMs: NOW_MS };
  let opened: OpenNetwork;
  beforeEach(() => {
    time.nowMs = NOW_MS;
    let made = 0;
    const store = openStore({ dataDir: ':memory:' });
    const network = createNetwork({
      network: store.network,
      clock: { now: () => time.nowMs, sleep: async () => undefined },
      ids: { next: (prefix) => `${prefix}_${made++}` },
    });
    opened = { store, network };
    use(opened);
  });
  afterEach(() => opened.store.close());
  return {
    time,
    file: (nodes: NetworkNode[], links: NetworkLink[] = []) =>
      opened.network.putNetwork({ text: JSON.stringify({ nodes, links }) }),
    measured: (linkId: string, more: Partial<MeasuredLink>): MeasuredLink => ({
      linkId,
      atMs: time.nowMs,
      ...linkState('up', { sinceMs: time.nowMs }),
      ...more,
    }),
  };
}

export const node = (id: string, position?: Position): NetworkNode => ({
  id,
  kind: 'edge',
  capabilities: [],
  ...(position && { position }),
});

export const link = (id: string, from: string, to: string, more: Partial<NetworkLink> = {}): NetworkLink => ({
  id,
  from,
  to,
  channel: 'primary',
  rateBitsPerSecond: 8000,
  delayMs: 100,
  ...more,
});

/** The nodes that a route goes over. */
export const names = (hops: readonly { from: string; to: string }[]) => [
  hops[0]?.from,
  ...hops.map(({ to }) => to),
];

export const ION = (lines: string) => lines.trim().replaceAll(/^ +/gm, '');
