/** Whoever sent a bundle hears of it when it is given up on its way. */
import { describe, expect, test } from 'vitest';
import { BUNDLE_FLAGS, newBundle } from '../../../core/bundle/bundle.ts';
import { encodeBundle } from '../../../core/bundle/encode.ts';
import { dtnTime } from '../../../core/bundle/expiry.ts';
import { encodeStatusReport, STATUS_REASONS } from '../../../core/bundle/status-report.ts';
import type { Deletion } from '../../../core/custody/deletion.ts';
import { peerKeysOf } from '../../../core/custody/protection.ts';
import { InvalidInput } from '../../../core/errors.ts';
import type { Service } from '../../../lambdas/forward/ports.ts';
import { both, down, FAST, noise } from './links.ts';
import { message } from './messages.ts';
import type { NodeOptions } from './node.ts';
import { START_MS, useWorld, type World } from './world.ts';

const ADDRESS = 'placed/exe_1/look/1/1';
const work = message('m1', 'edge', { reportTo: ADDRESS, payload: noise(2000) });

let world: World;
let told: { service: string; atMs: number; deletion?: Deletion }[];
const openWorld = useWorld();

/** `hub` to `edge`, directly or by `relay`; what `hub` is told is kept. */
async function open(options: Record<string, NodeOptions>, lastProfile = FAST) {
  told = [];
  const placed: Service = async (_, { service, deletion }) => {
    told.push({ service, atMs: world.time.nowMs - START_MS, ...(deletion && { deletion }) });
  };
  const path = ['hub', ...('relay' in options ? ['relay'] : []), 'edge'];
  const links = path.slice(1).flatMap((to, index) => {
    const profile = to === 'edge' ? lastProfile : FAST;
    return both({ from: path[index]!, to, profile });
  });
  const each = (node: string): NodeOptions =>
    node === 'hub' ? { services: { placed }, ...options.hub } : (options[node] ?? {});
  world = await openWorld({ nodes: path, links, each });
}

const SMALL: NodeOptions = { limits: { bundleBytesMax: 1000 } };

describe('the sender of a bundle that is given up', () => {
  test('hears at once that its neighbour refused it for good, in the words of the neighbour', async () => {
    await open({ edge: SMALL });
    const accepting = world.node('hub').accept(work);
    await world.until(500);
    const { bundleId } = await accepting;
    const reason = expect.stringMatching(/^edge refused it: too-large: .* above the limit of 1000/) as string;
    expect(told).toMatchObject([
      { service: ADDRESS, deletion: { bundleId, destination: 'edge', by: 'hub', reason } },
    ]);
    expect(await world.node('hub').open()).toBe(0);
  });

  test.each<[string, Record<string, NodeOptions>, string, string]>([
    ['a node on the way was refused it', { relay: {}, edge: SMALL }, 'relay', 'depleted storage'],
    [
      'its service does not take it',
      {
        relay: {},
        edge: { services: { work: () => Promise.reject(new InvalidInput('It is no work.', 'Send work.')) } },
      },
      'edge',
      'destination unavailable',
    ],
  ])('hears that %s', async (_, options, by, reason) => {
    await open(options);
    void world.node('hub').accept(work);
    await world.until(1000);
    expect(told).toMatchObject([{ service: ADDRESS, deletion: { destination: 'edge', by, reason } }]);
  });

  test('hears that its lifetime ended on the way', async () => {
    await open({ relay: {} }, down(FAST, [0, 3600]));
    void world.node('hub').accept({ ...work, lifetimeMs: 30_000 });
    await world.until(60_000);
    expect(told).toMatchObject([
      { deletion: { destination: 'edge', by: 'relay', reason: 'lifetime expired' } },
    ]);
  });

  test('hears of a key that the destination does not share, after it was tried again', async () => {
    const keysOf = (byte: number) => ({ of: async () => peerKeysOf(new Uint8Array(32).fill(byte)) });
    await open({ hub: { keys: keysOf(1) }, edge: { keys: keysOf(2) } });
    void world.node('hub').accept(work);
    await world.until(120_000);
    const reason = expect.stringMatching(/^edge refused it: tampered:/) as string;
    expect(told).toMatchObject([{ deletion: { destination: 'edge', by: 'hub', reason } }]);
    expect(world.node('hub').sent).toHaveLength(5);
  });

  test('hears it from the process that delivers, where another one gave the bundle up', async () => {
    await open({ hub: { services: undefined }, edge: SMALL });
    void world.node('hub').accept(work);
    await world.until(500);
    const hub = world.node('hub').store.custody;
    const { transfers } = await hub.open();
    expect(transfers).toMatchObject([{ destination: 'hub', state: 'waiting', attempt: 0 }]);
  });

  test('hears nothing where another node says so of what it never sent', async () => {
    await open({});
    const creation = { dtnMs: dtnTime(START_MS), sequence: 7 };
    const forged = newBundle({
      source: 'dtn://edge/',
      destination: `dtn://hub/${ADDRESS}`,
      creation,
      lifetimeMs: 60_000,
      flags: BUNDLE_FLAGS.isAdministrative,
      payload: encodeStatusReport({
        statuses: { deleted: {} },
        reason: STATUS_REASONS.noKnownRoute,
        source: 'dtn://hub/',
        creation,
      }),
    });
    const hub = world.node('hub');
    const { bundleId } = await hub.custody.arrived('edge', 'forged', encodeBundle(forged));
    await hub.forward.step(bundleId!);
    expect(await hub.store.custody.get(bundleId!)).toMatchObject({ reason: 'delivered here' });
    expect(told).toEqual([]);
  });
});
