import { describe, expect, test, vi } from 'vitest';
import { decodeStatusReport, STATUS_REASONS } from '../../../core/bundle/status-report.ts';
import { Intake } from '../../../core/custody/intake.ts';
import { InvalidInput, StoreUnavailable } from '../../../core/errors.ts';
import { encodeFrame } from '../../../core/node/frames.ts';
import type { LinkClient } from '../../../core/ports/link-client.ts';
import { both, down, FAST, noise } from './links.ts';
import { message } from './messages.ts';
import type { NodeOptions, TestNode } from './node.ts';
import { expectAllOnce } from './promises.ts';
import { START_MS, useWorld, type World, type WorldOptions } from './world.ts';

const HOUR_MS = 3_600_000;
const FRAME = encodeFrame({ type: 'probe', sequence: 1 });

let world: World;
const open = useWorld();
const worldOf = async (options: WorldOptions): Promise<World> => (world = await open(options));

const textsOf = (node: TestNode): string[] => [...node.inbox.values()].map(({ text }) => text);

describe('between two nodes', () => {
  const direct = () =>
    worldOf({ nodes: ['hub', 'edge'], links: both({ from: 'hub', to: 'edge', profile: FAST }) });

  test('hands a message to the service at its destination, and ends custody at both', async () => {
    await direct();
    const [hub, edge] = [world.node('hub'), world.node('edge')];
    const accepting = hub.accept(message('m1', 'edge'));
    await world.until(1000);
    const { bundleId, isNew } = await accepting;
    const delivered = { bundleId, source: 'hub', precedence: 'routine', service: 'work' };
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

test('one that can not be dealt with holds up no other', async () => {
  const broken: LinkClient = {
    send: (to) =>
      to === 'odd' ? Promise.reject(new Error('a bug')) : world.send('hub', to, 'primary', FRAME),
  };
  await worldOf({
    nodes: ['hub', 'odd', 'edge'],
    links: ['odd', 'edge'].flatMap((to) => both({ from: 'hub', to, profile: FAST })),
    each: (node) => (node === 'hub' ? { links: broken } : {}),
  });
  const { custody, forward } = world.node('hub');
  const odd = await custody.accept(message('m1', 'odd', { precedence: 'flash' }));
  const other = await custody.accept(message('m2', 'edge'));
  expect(await forward.sweep()).toMatchObject({ stepped: 2 });
  const { store } = world.node('hub');
  expect((await store.custody.get(odd.bundleId))!.reason).toBe('could not be dealt with: a bug');
  expect(await store.custody.get(other.bundleId)).toMatchObject({ state: 'released', attempt: 1 });
});

test('the next sweep comes soon after something is due, within a second', async () => {
  await worldOf({
    nodes: ['hub', 'edge'],
    links: both({ from: 'hub', to: 'edge', profile: down(FAST, [0, 60]) }),
  });
  const { custody, forward, store } = world.node('hub');
  expect(await forward.nextSweepMs()).toBe(START_MS + 1000);
  const { bundleId } = await custody.accept(message('m1', 'edge', { precedence: 'flash' }));
  await forward.step(bundleId);
  const { dueMs } = (await store.custody.get(bundleId))!;
  expect(dueMs).toBeLessThan(START_MS + 1000);
  expect(await forward.nextSweepMs()).toBe(dueMs);
  // But not for each of many by itself.
  await world.until(dueMs - 10 - START_MS);
  expect(await forward.nextSweepMs()).toBe(dueMs + 90);
});

test('the next sweep comes within a second where the store can’t say what is due', async () => {
  await worldOf({ nodes: ['hub'], links: [] });
  const { forward, store } = world.node('hub');
  vi.spyOn(store.custody, 'due').mockRejectedValueOnce(new StoreUnavailable('It is busy.', 'Wait.'));
  expect(await forward.nextSweepMs()).toBe(START_MS + 1000);
});

test('a neighbour that takes its time holds up no other', async () => {
  const slow = Promise.withResolvers<void>();
  const sent: string[] = [];
  const links: LinkClient = {
    send: (to) => {
      sent.push(to);
      return to === 'slow' ? slow.promise : Promise.resolve();
    },
  };
  await worldOf({
    nodes: ['hub', 'slow', 'edge'],
    links: ['slow', 'edge'].flatMap((to) => both({ from: 'hub', to, profile: FAST })),
    each: (node) => (node === 'hub' ? { links } : {}),
  });
  const { custody, forward } = world.node('hub');
  const accept = (ids: string[], to: string) => Promise.all(ids.map((id) => custody.accept(message(id, to))));
  await accept(['s1', 's2'], 'slow');
  await accept(['e1'], 'edge');
  const first = forward.sweep();
  await vi.waitFor(() => expect(sent.toSorted()).toEqual(['edge', 'slow']));
  await accept(['e2', 'e3'], 'edge');
  expect(await forward.sweep()).toMatchObject({ stepped: 2 });
  expect(sent.filter((to) => to === 'edge')).toHaveLength(3);
  slow.resolve();
  expect(await first).toMatchObject({ stepped: 3 });
  expect(sent.filter((to) => to === 'slow')).toHaveLength(2);
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

  test('is looked for once a minute, and all that can be forgotten is', async () => {
    await worldOf({ nodes: ['hub'], links: [] });
    const { store, custody, forward } = world.node('hub');
    const ends = Array.from({ length: 250 }, (_, number) =>
      message(`m${number}`, 'hub', { lifetimeMs: 1000 }),
    );
    for (const one of ends) await custody.accept(one);
    await forward.sweep();
    const { bundleId } = await custody.accept(ends[0]!);
    const forgetting = vi.spyOn(store.custody, 'forget');
    world.time.run(START_MS + 25 * HOUR_MS);
    for (let sweep = 0; sweep < 10; sweep++) await forward.sweep();
    expect(forgetting).toHaveBeenCalledTimes(3);
    expect(await store.custody.get(bundleId)).toBeUndefined();
  });
});
