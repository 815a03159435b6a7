import { afterEach, describe, expect, test } from 'vitest';
import { duringContacts, steadyLink, withOutages } from '../../../core/simulator/link-profile.ts';
import { message } from './messages.ts';
import { START_MS, type TestLink, World, type WorldOptions } from './world.ts';

const FAST = steadyLink({ rateBitsPerSecond: 8e6, delayMs: 20 });

let world: World;
afterEach(() => {
  expect(world.wrongs).toEqual([]);
  world.close();
});

const both = (link: TestLink): TestLink[] => [link, { ...link, from: link.to, to: link.from }];

const worldOf = async (options: WorldOptions): Promise<World> => {
  world = await World.of(options);
  return world;
};

describe('two nodes', () => {
  test('hands a message to the service at its destination, and ends custody at both', async () => {
    const { time } = await worldOf({
      nodes: ['hub', 'edge'],
      links: both({ from: 'hub', to: 'edge', profile: FAST }),
    });
    const hub = world.node('hub');
    const accepting = hub.accept(message('m1', 'edge'));
    await world.until(1000);
    const { bundleId, isNew } = await accepting;
    expect(isNew).toBe(true);
    expect([...world.node('edge').inbox.values()]).toEqual([
      {
        text: 'm1',
        times: 1,
        delivered: { bundleId, source: 'hub', precedence: 'routine', isAdministrative: false },
      },
    ]);
    expect(await hub.store.custody.get(bundleId)).toMatchObject({
      state: 'acknowledged',
      attempt: 1,
      reason: 'edge has it, over primary',
    });
    expect(await world.node('edge').store.custody.get(bundleId)).toMatchObject({
      state: 'acknowledged',
      reason: 'delivered here',
      from: 'hub',
    });
    expect(time.nowMs).toBe(START_MS + 1000);
  });
});
