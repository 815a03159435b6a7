import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EmbeddedStore, openStore } from '../../adapters/embedded/store.ts';
import { ZstdCompression } from '../../adapters/system/zstd.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import { bundleOf } from '../../core/custody/message.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import type { NetworkNode } from '../../core/network/network.ts';
import { ChunkAssembler, chunksOf } from '../../core/node/chunks.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../core/node/frames.ts';
import type { Errand } from '../../core/ports/errands.ts';
import { createArrive, type Said } from '../../lambdas/arrive/arrive.ts';
import { createCustody } from '../../lambdas/forward/custody.ts';
import { createHear } from '../../lambdas/hear/hear.ts';

const NOW_MS = 1_700_000_000_000;
const LINK = { from: 'hub', to: 'edge', channel: 'primary', rateBitsPerSecond: 1e6, delayMs: 10 } as const;
const NODES: NetworkNode[] = [
  { id: 'hub', kind: 'cloud', capabilities: [] },
  { id: 'edge', kind: 'edge', capabilities: [] },
];

let store: EmbeddedStore;
beforeEach(async () => {
  store = openStore({ dataDir: ':memory:' });
  await store.network.change(() => ({ nodes: NODES, links: [{ id: 'down', ...LINK }] }));
});
afterEach(() => store.close());

function host({ failing = false }: { failing?: boolean } = {}) {
  const clock = { now: () => NOW_MS, sleep: () => Promise.resolve() };
  const { custody, network } = store;
  const assembler = new ChunkAssembler();
  const said: [to: string, channel: string, frame: Frame][] = [];
  const errands: Errand[] = [];
  const warned: unknown[] = [];
  const bundles = createCustody({ node: 'hub', custody, clock, compression: new ZstdCompression() });
  const hear = createHear({ network, clock, hub: 'hub' });
  const arrive = createArrive({
    hub: 'hub',
    chunks: { add: async (...chunk) => assembler.add(...chunk, NOW_MS) },
    arrived: (...bundle) => bundles.arrived(...bundle),
    report: (...report) => hear.report(...report),
    network,
    links: { send: async (to, channel, frame) => void said.push([to, channel, decodeFrame(frame)]) },
    errands: {
      send: async (some) => {
        if (failing) throw new StoreUnavailable('no', 'Wait.');
        errands.push(...some);
      },
    },
    clock,
    logger: { warn: (...line) => void warned.push(line) },
  });
  const say = (frame: Frame) => arrive({ nodeId: 'edge', channel: 'primary', bytes: encodeFrame(frame) });
  return { arrive, say, said, errands, warned };
}

const framesOf = (payload: Uint8Array, chunkBytes?: number): Uint8Array[] => {
  const message = { id: 'm', to: 'hub', service: 'work', precedence: 'routine', lifetimeMs: 60_000 } as const;
  return [...chunksOf('b1', encodeBundle(bundleOf({ ...message, payload }, 'edge')), chunkBytes)];
};
const fromEdge = (bytes: Uint8Array): Said => ({ nodeId: 'edge', channel: 'primary', bytes });
const up = (status: 'up' | 'down'): Frame => ({
  type: 'health',
  channels: [
    {
      channel: 'primary',
      status,
      isDegraded: false,
      lossRatio: 0,
      rttMs: undefined,
      rateBitsPerSecond: undefined,
      missedContacts: 0,
      reasons: [],
      forMs: 0,
    },
  ],
});

describe('what nodes say', () => {
  test('is echoed where it is a probe', async () => {
    const { say, said } = host();
    await say({ type: 'probe', sequence: 7 });
    expect(said).toEqual([['edge', 'primary', { type: 'echo', sequence: 7 }]]);
  });

  test('is in custody and to be stepped before it is acknowledged, and once however often it comes', async () => {
    const { arrive, said, errands } = host();
    const [frame] = framesOf(new Uint8Array(10));
    await arrive(fromEdge(frame!));
    await arrive(fromEdge(frame!));
    expect(errands).toEqual([{ type: 'step', bundleId: expect.any(String) as string }]);
    expect(await store.custody.get((errands[0] as { bundleId: string }).bundleId)).toMatchObject({
      state: 'waiting',
      from: 'edge',
      destination: 'hub',
    });
    expect(said.map(([, , answer]) => answer)).toEqual([
      { type: 'accepted', bundleIds: ['b1'] },
      { type: 'accepted', bundleIds: ['b1'] },
    ]);
  });

  test('is acknowledged when the last of its parts has come, in any order', async () => {
    const { arrive, said } = host();
    const frames = framesOf(new Uint8Array(10_000), 2048);
    for (const frame of frames.slice(1).reverse()) await arrive(fromEdge(frame));
    expect(said).toEqual([]);
    await arrive(fromEdge(frames[0]!));
    expect(said).toHaveLength(1);
  });

  test('is handed on where it answers for bundles', async () => {
    const { say, errands } = host();
    await say({ type: 'accepted', bundleIds: ['b1', 'b2'] });
    await say({ type: 'refused', bundleId: 'b3', reason: 'full', isPermanent: false });
    expect(errands).toEqual([
      { type: 'acknowledged', from: 'edge', channel: 'primary', bundleIds: ['b1', 'b2'] },
      {
        type: 'refused',
        from: 'edge',
        refusal: { type: 'refused', bundleId: 'b3', reason: 'full', isPermanent: false },
      },
    ]);
  });

  test('wakes what waits when a way to the node opens or closes, and not in between', async () => {
    const { say, errands } = host();
    const wake = { type: 'wake', node: 'edge' };
    await say(up('up'));
    expect(errands.splice(0)).toEqual([wake]);
    await say(up('up'));
    expect(errands.splice(0)).toEqual([]);
    await say({ type: 'gone' });
    expect(errands.splice(0)).toEqual([wake]);
    expect((await store.network.linkStates()).map(({ status }) => status)).toEqual(['down']);
  });

  test('wakes what waits when the node can do more', async () => {
    const { say, errands } = host();
    const hello = { type: 'hello' as const, nodeId: 'edge', kind: 'edge' as const, taskTypes: [], load: 0 };
    await say({ ...hello, capabilities: ['camera'] });
    await say({ ...hello, capabilities: ['camera'] });
    expect(errands).toEqual([{ type: 'wake', node: 'edge' }]);
  });

  test.each([
    ['no frame', new Uint8Array([0xff, 1, 2]), 'primary'],
    ['of no channel', encodeFrame({ type: 'probe', sequence: 1 }), 'pigeon'],
  ])('is refused and disturbs nothing where it is %s', async (_, bytes, channel) => {
    const { arrive, said, errands, warned } = host();
    await arrive({ nodeId: 'edge', channel, bytes });
    expect([said, errands, warned.length]).toEqual([[], [], 1]);
  });

  test('is refused where a node speaks for another', async () => {
    const { say, warned } = host();
    const hello = { type: 'hello', nodeId: 'other', kind: 'edge', taskTypes: [], load: 0, capabilities: [] };
    await say(hello as Frame);
    expect(warned).toHaveLength(1);
    expect(await store.network.nodeReports()).toEqual([]);
  });

  test('fails when the host can not keep it, so that it comes again', async () => {
    const { say, said } = host({ failing: true });
    await expect(say({ type: 'accepted', bundleIds: ['b1'] })).rejects.toThrow(StoreUnavailable);
    expect(said).toEqual([]);
  });
});
