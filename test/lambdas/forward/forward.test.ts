import { afterEach, describe, expect, test } from 'vitest';
import { decodeStatusReport, STATUS_REASONS } from '../../../core/bundle/status-report.ts';
import { Intake } from '../../../core/custody/intake.ts';
import { InvalidInput, StoreUnavailable } from '../../../core/errors.ts';
import { PRECEDENCES } from '../../../core/satellite/precedence.ts';
import {
  duringContacts,
  type LinkProfile,
  type Span,
  steadyLink,
  withOutages,
} from '../../../core/simulator/link-profile.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { message } from './messages.ts';
import type { NodeOptions, TestNode } from './node.ts';
import { expectAllOnce } from './promises.ts';
import { START_MS, type TestLink, World, type WorldOptions } from './world.ts';

const FAST = steadyLink({ rateBitsPerSecond: 8e6, delayMs: 20 });
const HOUR_MS = 3_600_000;

let world: World;
afterEach(() => {
  expect(world.wrongs).toEqual([]);
  world.close();
});

async function worldOf(options: WorldOptions): Promise<World> {
  world = await World.of(options);
  return world;
}

const both = (link: TestLink): TestLink[] => [link, { ...link, from: link.to, to: link.from }];

const down = (profile: LinkProfile, ...spans: [fromS: number, toS: number][]): LinkProfile =>
  withOutages(
    profile,
    spans.map(([fromS, toS]): Span => ({ startMs: START_MS + fromS * 1000, endMs: START_MS + toS * 1000 })),
  );

/** A contact both ways from second to second, at 80 kbit/s and 500 ms. */
function contacts(from: string, to: string, ...windows: [startS: number, endS: number][]) {
  const spans = windows.map(([startS, endS]) => ({
    from,
    to,
    startMs: START_MS + startS * 1000,
    endMs: START_MS + endS * 1000,
    rateBitsPerSecond: 80_000,
    delayMs: 500,
  }));
  const plan = windows.flatMap(([startS, endS]) => [
    `a contact +${startS} +${endS} ${from} ${to} 10000`,
    `a contact +${startS} +${endS} ${to} ${from} 10000`,
    `a range +${startS} +${endS} ${from} ${to} 0.5`,
  ]);
  const link: TestLink = {
    from,
    to,
    channel: 'satellite',
    profile: duringContacts(spans),
    registered: 'by-plan',
  };
  return { links: both(link), plan: plan.join('\n') };
}

const noise = (length: number): Uint8Array => {
  const random = new SeededRandom(length);
  return Uint8Array.from({ length }, () => random.int(33, 126));
};

const textsOf = (node: TestNode): string[] => [...node.inbox.values()].map(({ text }) => text);
const bySecond = ({ atMs }: { atMs: number }): number => Math.floor((atMs - START_MS) / 1000);

describe('between two nodes', () => {
  const direct = () =>
    worldOf({ nodes: ['hub', 'edge'], links: both({ from: 'hub', to: 'edge', profile: FAST }) });

  test('hands a message to the service at its destination, and ends custody at both', async () => {
    await direct();
    const [hub, edge] = [world.node('hub'), world.node('edge')];
    const accepting = hub.accept(message('m1', 'edge'));
    await world.until(1000);
    const { bundleId, isNew } = await accepting;
    const delivered = { bundleId, source: 'hub', precedence: 'routine', isAdministrative: false };
    expect(isNew).toBe(true);
    expect([...edge.inbox.values()]).toEqual([{ text: 'm1', times: 1, delivered }]);
    expect(await hub.store.custody.get(bundleId)).toMatchObject({
      state: 'acknowledged',
      attempt: 1,
      reason: 'edge has it, over primary',
    });
    expect(await edge.store.custody.get(bundleId)).toMatchObject({
      state: 'acknowledged',
      reason: 'delivered here',
      from: 'hub',
    });
  });

  test('makes one bundle of a message that is given twice', async () => {
    await direct();
    const hub = world.node('hub');
    const given = [
      hub.accept(message('m1', 'edge')),
      hub.accept(message('m1', 'edge')),
      hub.accept(message('m1', 'edge', { service: 'other' })),
      hub.accept(message('aged', 'edge', { createdMs: undefined })),
      hub.accept(message('aged', 'edge', { createdMs: undefined })),
    ];
    await world.until(1000);
    const accepted = await Promise.all(given);
    const ids = accepted.map(({ bundleId }) => bundleId);
    expect([ids[1], ids[4]]).toEqual([ids[0], ids[3]]);
    expect(new Set(ids).size).toBe(3);
    expect(accepted.filter(({ isNew }) => isNew).length).toBe(3);
    expect(textsOf(world.node('edge')).toSorted()).toEqual(['aged', 'm1']);
  });

  test('delivers at once what is for a service here', async () => {
    await direct();
    void world.node('hub').accept(message('own', 'hub'));
    await world.until(100);
    expect(textsOf(world.node('hub'))).toEqual(['own']);
    expect(world.node('hub').sent).toEqual([]);
  });

  test('carries what is larger than a frame', async () => {
    await direct();
    const large = message('large', 'edge', { payload: noise(500_000), precedence: 'immediate' });
    void world.node('hub').accept(large);
    await world.until(10_000);
    await expectAllOnce(world, [large]);
    expect(world.node('hub').sent.length).toBe(4);
  });

  test('waits, saying why, for a node that nobody knows, and goes once there is a way', async () => {
    await worldOf({ nodes: ['hub'], links: [] });
    const accepting = world.node('hub').accept(message('m1', 'moon'));
    await world.until(60_000);
    const { bundleId } = await accepting;
    const transfer = await world.node('hub').store.custody.get(bundleId);
    expect(transfer).toMatchObject({ state: 'waiting', attempt: 0 });
    expect(transfer!.reason).toContain('There is no node "moon".');
  });
});

describe('a neighbour that refuses', () => {
  const refusing = (edge: NodeOptions) =>
    worldOf({
      nodes: ['hub', 'edge'],
      links: both({ from: 'hub', to: 'edge', profile: FAST }),
      each: (node) => (node === 'edge' ? edge : {}),
    });

  test('for now is asked again, until it takes it', async () => {
    await refusing({ intake: new Intake({ bytesPerSecond: 200, burstBytes: 3000 }) });
    const messages = [1, 2, 3, 4].map((number) => message(`m${number}`, 'edge'));
    for (const one of messages) void world.node('hub').accept(one);
    await world.until(500);
    expect(await world.node('hub').open()).toBe(2);
    await world.until(60_000);
    await expectAllOnce(world, messages);
  });

  test('for good ends custody, and the reason is theirs', async () => {
    await refusing({ limits: { bundleBytesMax: 1000 } });
    const accepting = world.node('hub').accept(message('m1', 'edge', { payload: noise(2000) }));
    await world.until(1000);
    const transfer = await world.node('hub').store.custody.get((await accepting).bundleId);
    expect(transfer).toMatchObject({ state: 'dead', attempt: 1 });
    expect(transfer!.reason).toMatch(/^edge refused it: too-large: .* above the limit of 1000/);
  });
});

describe('a service', () => {
  async function served(...errors: Error[]) {
    const left = [...errors];
    let calls = 0;
    const picky = (): Promise<void> => {
      calls++;
      const error = left.shift();
      return error ? Promise.reject(error) : Promise.resolve();
    };
    await worldOf({ nodes: ['hub'], links: [], each: () => ({ services: { picky } }) });
    const accepting = world.node('hub').accept(message('m1', 'hub', { service: 'picky' }));
    await world.until(120_000);
    const transfer = await world.node('hub').store.custody.get((await accepting).bundleId);
    return { calls, transfer };
  }

  test('gets again what it could not take for now', async () => {
    const busy = new StoreUnavailable('The disk is full.', 'Make room.');
    const { calls, transfer } = await served(busy, new Error('a bug, mended by then'));
    expect(calls).toBe(3);
    expect(transfer).toMatchObject({ state: 'acknowledged', reason: 'delivered here' });
  });

  test('refuses for good, and the bundle is dead with the reason', async () => {
    const { calls, transfer } = await served(new InvalidInput('It is no work.', 'Send work.'));
    expect(calls).toBe(1);
    expect(transfer).toMatchObject({ state: 'dead', reason: 'InvalidInput: It is no work.' });
  });

  test('fails where there is none of the name', async () => {
    await worldOf({ nodes: ['hub'], links: [] });
    const accepting = world.node('hub').accept(message('m1', 'hub', { service: 'nothing' }));
    await world.until(1000);
    const transfer = await world.node('hub').store.custody.get((await accepting).bundleId);
    expect(transfer).toMatchObject({ state: 'dead' });
    expect(transfer!.reason).toContain('There is no service "nothing" at hub');
  });
});

describe('when a channel fails', () => {
  test('sends over the next one what is not acknowledged, and returns when it works again', async () => {
    const primary = down(FAST, [10, 100]);
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [
        ...both({ from: 'hub', to: 'edge', profile: primary }),
        ...both({ from: 'hub', to: 'edge', channel: 'secondary', profile: FAST }),
      ],
    });
    const hub = world.node('hub');
    const messages = [1, 11, 20, 150].map((atS) => message(`at ${atS}`, 'edge'));
    for (const one of messages) {
      const atS = Number(one.id.split(' ')[1]);
      world.at(atS * 1000, () => hub.accept({ ...one, createdMs: START_MS + atS * 1000 }));
    }
    world.at(15_000, () => world.measure('hub-edge-primary', 'down'));
    world.at(101_000, () => world.measure('hub-edge-primary', 'up'));
    await world.until(200_000);
    await expectAllOnce(world, messages);
    expect(hub.sent.map((sent) => `${bySecond(sent)} ${sent.channel}`)).toEqual([
      '1 primary',
      '11 primary',
      '15 secondary',
      '20 secondary',
      '150 primary',
    ]);
    expect(hub.decisions.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
      'start: chose primary: the first of its order that works',
      expect.stringMatching(/^failover: chose secondary over primary: down, nothing came back for 3 s/),
      expect.stringMatching(/^return: chose primary over secondary: has worked for/),
    ]);
  });

  test('takes the next channel at once where it is told that nothing leads there', async () => {
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [
        ...both({ from: 'hub', to: 'edge', profile: down(FAST, [0, 100]), isTold: true }),
        ...both({ from: 'hub', to: 'edge', channel: 'mesh', profile: FAST }),
      ],
    });
    void world.node('hub').accept(message('m1', 'edge'));
    await world.until(1000);
    await expectAllOnce(world, [message('m1', 'edge')]);
    expect(world.node('hub').sent.map(({ channel }) => channel)).toEqual(['primary', 'mesh']);
  });

  test('loses no flash message while any channel lives', { timeout: 60_000 }, async () => {
    const random = new SeededRandom(5);
    const spans: Record<string, [number, number][]> = { primary: [], secondary: [], mesh: [] };
    const channels = ['primary', 'secondary', 'mesh'] as const;
    // At any time one of the three works.
    for (let atS = 0; atS < 600; atS += 20) {
      const alive = random.pick(channels);
      for (const channel of channels)
        if (channel !== alive && random.chance(0.8)) spans[channel]!.push([atS, atS + 20]);
    }
    await worldOf({
      nodes: ['hub', 'edge'],
      links: channels.flatMap((channel) =>
        both({ from: 'hub', to: 'edge', channel, profile: down(FAST, ...spans[channel]!) }),
      ),
    });
    const messages = Array.from({ length: 50 }, (_, at) =>
      message(`flash ${at}`, 'edge', {
        precedence: 'flash',
        lifetimeMs: 120_000,
        createdMs: START_MS + at * 10_000,
      }),
    );
    for (const one of messages) world.at(one.createdMs! - START_MS, () => world.node('hub').accept(one));
    for (const channel of channels)
      for (const [fromS, toS] of spans[channel]!)
        for (const link of [`hub-edge-${channel}`, `edge-hub-${channel}`]) {
          world.at(fromS * 1000 + 3000, () => world.measure(link, 'down'));
          world.at(toS * 1000 + 1000, () => world.measure(link, 'up'));
        }
    await world.until(700_000);
    await expectAllOnce(world, messages);
  });
});

describe('in contacts', () => {
  test('goes by satellite at its time while the primary link is denied, and over it afterwards', async () => {
    const sky = contacts('hub', 'edge', [100, 120]);
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [...both({ from: 'hub', to: 'edge', profile: down(FAST, [0, 300]) }), ...sky.links],
      plan: sky.plan,
    });
    await world.measure('hub-edge-primary', 'down');
    const hub = world.node('hub');
    const messages = [0, 110, 200].map((atS) =>
      message(`at ${atS}`, 'edge', { createdMs: START_MS + atS * 1000 }),
    );
    for (const one of messages) world.at(one.createdMs! - START_MS, () => hub.accept(one));
    await world.until(50_000);
    const { queues } = await hub.forward.queues();
    expect(queues).toEqual([
      {
        to: 'edge',
        link: 'plan:plan',
        channel: 'satellite',
        precedence: 'routine',
        bundles: 1,
        bytes: expect.any(Number) as number,
        oldestMs: START_MS,
        waiting: 0,
        booked: 1,
        released: 0,
        nextContactMs: START_MS + 100_000,
      },
    ]);
    world.at(301_000, () => world.measure('hub-edge-primary', 'up'));
    await world.until(400_000);
    await expectAllOnce(world, messages);
    expect(hub.sent.map((sent) => `${bySecond(sent)} ${sent.channel}`)).toEqual([
      '100 satellite',
      '110 satellite',
      '301 primary',
    ]);
  });

  test('carries the most urgent first, no more than it can, and the rest in the next', async () => {
    const sky = contacts('hub', 'edge', [10, 20], [50, 70]);
    await worldOf({ nodes: ['hub', 'edge'], links: sky.links, plan: sky.plan });
    const hub = world.node('hub');
    const messages = PRECEDENCES.toReversed().flatMap((precedence) =>
      [1, 2].map((number) =>
        message(`${precedence} ${number}`, 'edge', { precedence, payload: noise(number * 10_000) }),
      ),
    );
    for (const one of messages) void hub.accept(one);
    world.at(15_000, () => hub.accept(message('late', 'edge', { precedence: 'flash-override' })));
    await world.until(100_000);
    await expectAllOnce(world, [...messages, message('late', 'edge')]);
    const first = hub.sent.filter(({ atMs }) => atMs < START_MS + 20_000);
    const firstBytes = first.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(firstBytes).toBeLessThanOrEqual(100_000);
    expect(firstBytes).toBeGreaterThan(90_000);
    const order = [...world.node('edge').inbox.values()].map(({ delivered }) => delivered.precedence);
    const strict = ['flash-override', 'flash', 'immediate'];
    expect(order.slice(0, 7).toSorted()).toEqual([...strict, ...strict, 'flash-override'].toSorted());
    expect(order.slice(0, 2)).toEqual(['flash-override', 'flash-override']);
    const late = [...world.node('edge').inbox.values()].findIndex(({ text }) => text === 'late');
    expect(late).toBeLessThan(6);
  });

  test('goes on over a relay that has the bundle while neither end sees the other', async () => {
    const [up, over] = [contacts('hub', 'sat', [10, 20]), contacts('sat', 'edge', [40, 50])];
    await worldOf({
      nodes: ['hub', 'sat', 'edge'],
      links: [...up.links, ...over.links],
      plan: `${up.plan}\n${over.plan}`,
    });
    const messages = [message('m1', 'edge'), message('m2', 'edge', { payload: noise(100_000) })];
    for (const one of messages) void world.node('hub').accept(one);
    await world.until(30_000);
    expect([await world.node('hub').open(), await world.node('sat').open()]).toEqual([0, 3]);
    await world.until(100_000);
    await expectAllOnce(world, messages);
  });
});

test('comes back and goes another way, where the way on is lost', async () => {
  const links = [
    ...both({ from: 'hub', to: 'near', profile: FAST }),
    ...both({ from: 'near', to: 'edge', profile: down(FAST, [0, HOUR_MS / 1000]) }),
    ...both({ from: 'hub', to: 'far', profile: FAST, registered: { delayMs: 500 } }),
    ...both({ from: 'far', to: 'edge', profile: FAST, registered: { delayMs: 500 } }),
  ];
  await worldOf({ nodes: ['hub', 'near', 'far', 'edge'], links });
  void world.node('hub').accept(message('m1', 'edge'));
  world.at(10_000, () => world.measure('near-edge-primary', 'down'));
  await world.until(60_000);
  await expectAllOnce(world, [message('m1', 'edge')]);
  expect(world.node('near').sent.map(({ to }) => to)).toEqual(expect.arrayContaining(['edge', 'hub']));
  expect(world.node('hub').sent.map(({ to }) => to)).toEqual(['near', 'far']);
});

describe('an end', () => {
  test('by expiry says where the bundle was, and reports it to whoever asked', async () => {
    const reports: Uint8Array[] = [];
    await worldOf({
      nodes: ['hub', 'relay', 'edge'],
      links: [
        ...both({ from: 'hub', to: 'relay', profile: FAST }),
        ...both({ from: 'relay', to: 'edge', profile: down(FAST, [0, HOUR_MS / 1000]) }),
      ],
      each: () => ({
        services: {
          reports: (payload) => {
            reports.push(payload);
            return Promise.resolve();
          },
        },
      }),
    });
    const accepting = world
      .node('hub')
      .accept(message('m1', 'edge', { lifetimeMs: 30_000, reportTo: 'reports' }));
    await world.until(60_000);
    await accepting;
    const totals = await world.node('relay').totals();
    expect([totals.expired.bundles, await world.node('relay').open()]).toEqual([1, 0]);
    expect(reports.map(decodeStatusReport)).toEqual([
      expect.objectContaining({
        statuses: { deleted: { dtnMs: expect.any(Number) as number } },
        reason: STATUS_REASONS.lifetimeExpired,
        source: 'dtn://hub/',
      }),
    ]);
  });

  test('is forgotten a day after it can come again', async () => {
    await worldOf({ nodes: ['hub'], links: [] });
    const accepting = world.node('hub').accept(message('m1', 'hub', { lifetimeMs: 1000 }));
    await world.until(1000);
    const { bundleId } = await accepting;
    expect(await world.node('hub').store.custody.get(bundleId)).toBeDefined();
    world.time.run(START_MS + 25 * HOUR_MS - 10_000);
    await world.until(25 * HOUR_MS);
    expect(await world.node('hub').store.custody.get(bundleId)).toBeUndefined();
  });
});
