import { beforeEach, expect, test } from 'vitest';
import { openStore } from '../../adapters/embedded/store.ts';
import type { Message } from '../../core/custody/message.ts';
import { NETWORK_SERVICE } from '../../core/network/news.ts';
import { VirtualTime } from '../../core/simulator/virtual-time.ts';
import { tellNetwork } from '../../embedded/network-news.ts';
import { createLogger } from '../../embedded/log.ts';
import { AGAIN_MS } from '../../lambdas/forward/tell.ts';

let time: VirtualTime;
let sent: Message[];
let telling: ReturnType<typeof tellNetwork>;
let store: ReturnType<typeof openStore>;
beforeEach(async () => {
  time = new VirtualTime(1_000_000);
  store = openStore({ dataDir: ':memory:', clock: time });
  await store.nodes.register('camp');
  await store.network.change(() => ({ nodes: [{ id: 'camp', kind: 'edge', capabilities: [] }] }));
  sent = [];
  const closing = new AbortController();
  telling = tellNetwork({
    hub: 'hub',
    network: store.network,
    registry: store.nodes,
    send: async (message) => void sent.push(message),
    clock: time,
    logger: createLogger('silent'),
    signal: closing.signal,
  });
  return async () => {
    closing.abort();
    await telling.ended;
    store.close();
  };
});

/** Lets so much time pass, with all that is done in it. */
async function pass(ms: number): Promise<void> {
  const untilMs = time.now() + ms;
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!time.step(untilMs)) break;
  }
  time.run(untilMs);
}

const ids = () => sent.splice(0).map(({ id, to, reportTo }) => [id, to, reportTo]);

const refused = () =>
  telling.service(new Uint8Array(), {
    bundleId: 'report',
    source: 'camp',
    precedence: 'priority',
    service: NETWORK_SERVICE,
    deletion: { bundleId: 'b', destination: 'camp', by: 'camp', reason: 'missing security operation' },
  });

test('tells a node of the network once, and again what it refused, later each time', async () => {
  await pass(10_000);
  expect(ids()).toEqual([['network 1 0', 'camp', NETWORK_SERVICE]]);
  for (const [at, waitMs] of [AGAIN_MS, 2 * AGAIN_MS, 4 * AGAIN_MS].entries()) {
    await refused();
    // Told of twice, it is one refusal.
    await refused();
    await pass(waitMs - 5000);
    expect(ids()).toEqual([]);
    await pass(10_000);
    expect(ids()).toEqual([[`network 1 0 ${at + 1}`, 'camp', NETWORK_SERVICE]]);
  }
});

test('tells of a change at once, whatever was refused before', async () => {
  await pass(10_000);
  await refused();
  sent.length = 0;
  await store.network.change(({ nodes }) => ({
    nodes: [...nodes, { id: 'ridge', kind: 'edge', capabilities: [] }],
  }));
  await pass(5000);
  expect(ids()).toEqual([['network 2 0', 'camp', NETWORK_SERVICE]]);
});

test('refuses to be told of the network itself', async () => {
  const told = { bundleId: 'b', source: 'camp', precedence: 'priority', service: NETWORK_SERVICE } as const;
  await expect(telling.service(new Uint8Array(), told)).rejects.toThrow('"camp" tells of the network');
});
