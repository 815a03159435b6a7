/** What becomes of bundles in each way that links can fail, and how it shows. */
import { describe, expect, test } from 'vitest';
import { NodeConditions } from '../../../core/network/node-conditions.ts';
import { steadyLink } from '../../../core/simulator/link-profile.ts';
import type { Service } from '../../../lambdas/forward/ports.ts';
import { both, contacts, down, FAST, noise } from './links.ts';
import { message } from './messages.ts';
import type { NodeOptions } from './node.ts';
import { expectAllOnce } from './promises.ts';
import { START_MS, useWorld, type World, type WorldOptions } from './world.ts';

let world: World;
const open = useWorld();
const worldOf = async (options: WorldOptions): Promise<World> => (world = await open(options));

const ENDS = { from: 'hub', to: 'edge' };
const secondary = both({ ...ENDS, channel: 'secondary', profile: FAST });
const channelsOf = (node: string): string[] => world.node(node).sent.map(({ channel }) => channel);

/** What a node's condition is, from second to second. */
function follow(nodeId: string): string[] {
  const conditions = new NodeConditions();
  const seen: string[] = [];
  const look = async (): Promise<void> => {
    const { network, time } = world;
    const [registered, states, reports] = [
      await network.registered(),
      await network.linkStates(),
      await network.nodeReports(),
    ];
    const condition = conditions.observe(registered, states, reports, time.nowMs).get(nodeId)?.condition;
    if (condition !== undefined && condition !== seen.at(-1)) seen.push(condition);
    time.at(time.nowMs + 1000, () => void look());
  };
  void look();
  return seen;
}

describe('a flash message under a cut', () => {
  const flash = message('flash', 'edge', {
    precedence: 'flash',
    lifetimeMs: 60_000,
    payload: noise(400_000),
  });

  test('arrives over the next channel where its own dies between two of its frames', async () => {
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [...both({ ...ENDS, profile: down(FAST, [0.2, 3600]) }), ...secondary],
    });
    void world.node('hub').accept(flash);
    await world.until(5000);
    await expectAllOnce(world, [flash]);
    const frames = channelsOf('hub').length / 2;
    expect(frames).toBeGreaterThanOrEqual(3);
    expect(channelsOf('hub')).toEqual([
      ...Array<string>(frames).fill('primary'),
      ...Array<string>(frames).fill('secondary'),
    ]);
  });

  test('arrives where its contact dies between two of its fragments, which are sent no more than they need', async () => {
    const sky = contacts('hub', 'edge', [10, 40]);
    const [out, back] = sky.links.map((link) => ({ ...link, profile: down(link.profile, [13, 40]) }));
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [...both({ ...ENDS, profile: down(FAST, [0, 20]) }), out!, back!],
      plan: sky.plan,
      each: () => ({ limits: { fragmentBytesMax: 10_000 } }),
    });
    await world.measure('hub-edge-primary', 'down');
    world.at(21_000, () => world.measure('hub-edge-primary', 'up'));
    const large = { ...flash, payload: noise(80_000) };
    void world.node('hub').accept(large);
    await world.until(12_900);
    const before = await world.node('hub').totals();
    expect(before.acknowledged.bundles).toBeGreaterThan(1);
    await world.until(59_000);
    await expectAllOnce(world, [large]);
    const after = world.node('hub').sent.filter(({ atMs }) => atMs > START_MS + 20_000);
    expect(after.some(({ channel }) => channel === 'primary')).toBe(true);
    // What was acknowledged before is not sent again.
    const again = after
      .filter(({ channel }) => channel === 'primary')
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(again).toBeLessThan(60_000);
  });
});

describe('a blackhole', () => {
  /** As an engine does it: the work takes a minute, then its answer is sent. */
  const working: Service = async (payload) => {
    const answer = message(`ended ${new TextDecoder().decode(payload)}`, 'hub', {
      createdMs: START_MS + 60_000,
    });
    world.at(60_000, () => world.node('edge').accept(answer));
  };

  test('under a placed sub-workflow costs its answer no more than the way by the next channel', async () => {
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [...both({ ...ENDS, profile: down(FAST, [5, 3600]) }), ...secondary],
      each: (node) => (node === 'edge' ? { services: { work: working } } : {}),
    });
    // The link says that it is up, and nothing comes through.
    for (const link of ['hub-edge-primary', 'edge-hub-primary']) await world.measure(link, 'up');
    void world.node('hub').accept(message('start', 'edge', { service: 'work' }));
    await world.until(65_000);
    expect([...world.node('hub').inbox.values()]).toMatchObject([{ text: 'ended start', times: 1 }]);
    expect([await world.node('hub').open(), await world.node('edge').open()]).toEqual([0, 0]);
    expect(channelsOf('edge')).toEqual(['primary', 'secondary']);
  });

  test('of every channel keeps the answer until it is over, and the work is done once', async () => {
    let started = 0;
    const counted: Service = async (payload, delivered) => {
      started++;
      await working(payload, delivered);
    };
    await worldOf({
      nodes: ['hub', 'edge'],
      links: both({ ...ENDS, profile: down(FAST, [5, 600]) }),
      each: (node) => (node === 'edge' ? { services: { work: counted } } : {}),
    });
    for (const link of ['hub-edge-primary', 'edge-hub-primary']) await world.measure(link, 'up');
    void world.node('hub').accept(message('start', 'edge', { service: 'work' }));
    await world.until(590_000);
    expect(await world.node('edge').open()).toBe(1);
    await world.until(620_000);
    expect([...world.node('hub').inbox.values()]).toMatchObject([{ text: 'ended start', times: 1 }]);
    expect([started, await world.node('edge').open()]).toEqual([1, 0]);
  });
});

describe('a degraded link', () => {
  const lossy = steadyLink({ rateBitsPerSecond: 8e6, delayMs: 20, lossRate: 0.4 });
  const messages = Array.from({ length: 20 }, (_, at) =>
    message(`m${at}`, 'edge', { createdMs: START_MS + at * 1000 }),
  );

  async function degraded(each: NodeOptions): Promise<string[]> {
    const links = [...both({ ...ENDS, profile: lossy }), ...secondary];
    await worldOf({ nodes: ['hub', 'edge'], links, each: () => each });
    const seen = follow('edge');
    const more = { isDegraded: true, lossRatio: 0.4, reasons: ['40 % are lost'] };
    await world.measure('hub-edge-primary', 'up', more);
    await world.measure('hub-edge-secondary', 'up', more);
    for (const one of messages) world.at(one.createdMs! - START_MS, () => world.node('hub').accept(one));
    return seen;
  }

  test('carries everything once, what it loses by the next channel', async () => {
    const seen = await degraded({});
    await world.until(60_000);
    await expectAllOnce(world, messages);
    expect(channelsOf('hub').filter((channel) => channel === 'primary')).toHaveLength(messages.length);
    expect(channelsOf('hub')).toContain('secondary');
    expect(seen).toEqual(['degraded']);
  });

  test('is left by a policy that says so, once another works well', async () => {
    await degraded({ policy: { leavesDegraded: true } });
    world.at(9500, () => world.measure('hub-edge-secondary', 'up'));
    await world.until(60_000);
    await expectAllOnce(world, messages);
    const late = world.node('hub').sent.filter(({ atMs }) => atMs >= START_MS + 15_000);
    expect(new Set(late.map(({ channel }) => channel))).toEqual(new Set(['secondary']));
    expect(world.node('hub').decisions.map(({ kind }) => kind)).toContain('failover');
  });
});

describe('a node that is offline', () => {
  test('gets what was kept for it when it is back, but for what expired, of which the sender hears', async () => {
    const told: string[] = [];
    const placed: Service = async (_, { service, deletion }) =>
      void told.push(`${service}: ${deletion!.reason}`);
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [
        ...both({ ...ENDS, profile: down(FAST, [5, 300]) }),
        ...both({ ...ENDS, channel: 'secondary', profile: down(FAST, [5, 300]) }),
      ],
      each: () => ({ services: { placed } }),
    });
    const seen = follow('edge');
    const links = ['hub-edge-primary', 'hub-edge-secondary', 'edge-hub-primary', 'edge-hub-secondary'];
    const measure = (status: 'up' | 'down') => links.forEach((link) => void world.measure(link, status));
    measure('up');
    world.at(8000, () => measure('down'));
    world.at(301_000, () => measure('up'));
    const createdMs = START_MS + 10_000;
    const kept = (['routine', 'flash'] as const).map((precedence) =>
      message(precedence, 'edge', { precedence, createdMs }),
    );
    const short = message('short', 'edge', {
      lifetimeMs: 60_000,
      createdMs,
      reportTo: 'placed/exe_1/look/1/1',
    });
    for (const one of [...kept, short]) world.at(10_000, () => world.node('hub').accept(one));
    await world.until(200_000);
    expect(seen).toEqual(['nominal', 'offline']);
    const { queues } = await world.node('hub').forward.queues();
    expect(queues.map(({ precedence, bundles }) => `${bundles} ${precedence}`).toSorted()).toEqual([
      '1 flash',
      '1 routine',
    ]);
    expect(told).toEqual([
      expect.stringMatching(/^placed\/exe_1\/look\/1\/1: its lifetime ended 1 m after it came/),
    ]);
    await world.until(400_000);
    await expectAllOnce(world, kept);
    expect(seen.at(-1)).toBe('nominal');
  });
});
