import { describe, expect, test } from 'vitest';
import { type Precedence, PRECEDENCES } from '../../../core/satellite/precedence.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { both, contacts, down, FAST, noise } from './links.ts';
import { message } from './messages.ts';
import { expectAllOnce } from './promises.ts';
import { START_MS, useWorld, type World, type WorldOptions } from './world.ts';

const HOUR_MS = 3_600_000;

let world: World;
const open = useWorld();
const worldOf = async (options: WorldOptions): Promise<World> => (world = await open(options));

const bySecond = ({ atMs }: { atMs: number }): number => Math.floor((atMs - START_MS) / 1000);

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
      expect.stringMatching(/^failover: chose secondary over primary: down, it is down/),
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

  test.for([
    ['flash', 'over all others at once', ['primary', 'secondary+mesh']],
    ['routine', 'over one after the other', ['primary', 'secondary', 'mesh']],
  ] as const)('sends a %s one that was not acknowledged %s', async ([precedence, , turns]) => {
    const silent = down(FAST, [0, 100]);
    await worldOf({
      nodes: ['hub', 'edge'],
      links: (['primary', 'secondary', 'mesh'] as const).flatMap((channel) =>
        both({ from: 'hub', to: 'edge', channel, profile: channel === 'mesh' ? FAST : silent }),
      ),
    });
    const hub = world.node('hub');
    const messages = [message('m1', 'edge', { precedence })];
    void hub.accept(messages[0]!);
    await world.until(30_000);
    await expectAllOnce(world, messages);
    const byTime = Map.groupBy(hub.sent, ({ atMs }) => atMs);
    expect([...byTime.values()].map((sent) => sent.map(({ channel }) => channel).join('+'))).toEqual(turns);
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
        reason: 'booked for plan:plan to edge at 2026-01-01T00:01:40.000Z',
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

  test('books no more for a contact than it carries, and moves what gives way at once', async () => {
    const sky = contacts('hub', 'edge', [10, 20], [50, 70], [90, 110]);
    await worldOf({ nodes: ['hub', 'edge'], links: sky.links, plan: sky.plan });
    const { custody, forward, store } = world.node('hub');
    // 25 kB each once they are compressed, in contacts of 100, 200 and 200 kB.
    const accept = async (precedence: Precedence, count: number) => {
      const ids = Array.from({ length: count }, (_, number) => `${precedence} ${number}`);
      const large = ids.map((id, at) => message(id, 'edge', { precedence, payload: noise(30_000 + at) }));
      for (const one of large) await forward.step((await custody.accept(one)).bundleId);
      return large;
    };
    const bookedFor = async (precedence: Precedence) => {
      const { transfers } = await store.custody.open({ state: 'booked' });
      const its = transfers.filter((transfer) => transfer.precedence === precedence);
      return its.map(({ hop }) => (hop!.departMs - START_MS) / 1000).toSorted((a, b) => a - b);
    };
    const routine = await accept('routine', 13);
    expect(await bookedFor('routine')).toEqual([...Array(4).fill(10), ...Array(8).fill(50), 90]);
    const flash = await accept('flash', 2);
    expect(await bookedFor('flash')).toEqual([10, 10]);
    expect(await bookedFor('routine')).toEqual([
      ...Array(2).fill(10),
      ...Array(8).fill(50),
      ...Array(3).fill(90),
    ]);
    await world.until(140_000);
    await expectAllOnce(world, [...routine, ...flash]);
    expect(
      [...world.node('edge').inbox.values()].slice(0, 2).map(({ delivered }) => delivered.precedence),
    ).toEqual(['flash', 'flash']);
  });

  test('goes by another neighbour where the best contact is full', async () => {
    const [best, next] = [contacts('hub', 'edge', [10, 22], [500, 600]), contacts('hub', 'relay', [30, 60])];
    await worldOf({
      nodes: ['hub', 'relay', 'edge'],
      links: [...best.links, ...next.links, ...both({ from: 'relay', to: 'edge', profile: FAST })],
      plan: `${best.plan}\n${next.plan}`,
    });
    const { custody, forward } = world.node('hub');
    const messages = [0, 1, 2, 3, 4, 5].map((at) =>
      message(`m${at}`, 'edge', { payload: noise(30_000 + at) }),
    );
    for (const one of messages) await forward.step((await custody.accept(one)).bundleId);
    const { queues } = await forward.queues();
    expect(queues.map(({ to, booked }) => `${booked} to ${to}`)).toEqual(['5 to edge', '1 to relay']);
    await world.until(100_000);
    expect(world.node('edge').inbox.size).toBe(messages.length);
    // What was answered after the end of the contact is asked for again in the next.
    await world.until(600_000);
    await expectAllOnce(world, messages);
  });

  test('repeats nothing in a contact in which nobody can acknowledge it', async () => {
    const [out, back] = [contacts('hub', 'edge', [10, 100], [300, 320]), contacts('edge', 'hub', [200, 210])];
    // A direction at a time.
    const oneWay = (plan: string, from: string) =>
      plan.split('\n').filter((line) => !line.startsWith('a contact') || line.split(' ')[4] === from);
    await worldOf({
      nodes: ['hub', 'edge'],
      links: [
        ...both({ from: 'hub', to: 'edge', profile: down(FAST, [0, 400]) }),
        out.links[0]!,
        back.links[0]!,
      ],
      plan: [...oneWay(out.plan, 'hub'), ...oneWay(back.plan, 'edge')].join('\n'),
    });
    await world.measure('hub-edge-primary', 'down');
    world.at(401_000, () => world.measure('hub-edge-primary', 'up'));
    const hub = world.node('hub');
    const sending = hub.accept(message('m1', 'edge'));
    await world.until(250_000);
    expect(hub.sent.map(bySecond)).toEqual([10]);
    const { bundleId } = await sending;
    expect(await hub.store.custody.get(bundleId)).toMatchObject({ state: 'booked', attempt: 1 });
    await world.until(450_000);
    expect(hub.sent.map((sent) => `${bySecond(sent)} ${sent.channel}`)).toEqual([
      '10 satellite',
      '300 satellite',
      '401 primary',
    ]);
    await expectAllOnce(world, [message('m1', 'edge')]);
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
