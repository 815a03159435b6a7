/** A hub with two nodes around it, of which one has a link of its own to the other. */
import { beforeEach } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { linkState, type LinkStatus } from '../../../core/link-health/state.ts';
import type { NetworkLink } from '../../../core/network/network.ts';
import { VirtualTime } from '../../../core/simulator/virtual-time.ts';

export const HUB = 'hub';
export const NODES = ['camp', 'ridge'];

export const link = (id: string, from: string, to: string): NetworkLink => ({
  id,
  from,
  to,
  channel: 'primary',
  rateBitsPerSecond: 1e6,
  delayMs: 10,
});

export const LINKS = [
  [HUB, 'camp'],
  ['camp', HUB],
  [HUB, 'ridge'],
  ['ridge', HUB],
  ['camp', 'ridge'],
].map(([from, to]) => link(`${from}-${to}`, from!, to!));

/** The hub's, afresh for each test. */
export let time: VirtualTime;
export let store: ReturnType<typeof openStore>;

export const useStar = (): void =>
  beforeEach(async () => {
    time = new VirtualTime(1_000_000);
    store = openStore({ dataDir: ':memory:', clock: time });
    const nodes = [HUB, ...NODES].map((id) => ({ id, kind: 'edge' as const, capabilities: [] }));
    await store.network.change(() => ({ nodes, links: LINKS }));
    return () => store.close();
  });

export const measured = (status: LinkStatus, ...linkIds: string[]) =>
  Promise.all(
    linkIds.map((linkId) => store.network.putLinkState({ ...linkState(status), linkId, atMs: time.now() })),
  );
