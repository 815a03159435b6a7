import { describe, expect, test } from 'vitest';
import type { Message } from '../../../core/custody/message.ts';
import { steadyLink } from '../../../core/simulator/link-profile.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { PRECEDENCES } from '../../../core/satellite/precedence.ts';
import type { CustodyLimits } from '../../../lambdas/forward/ports.ts';
import { both, contacts, FAST, noise } from './links.ts';
import { message } from './messages.ts';
import type { CrashPoint } from './node.ts';
import { expectAllOnce } from './promises.ts';
import { World, type WorldOptions } from './world.ts';

const SIDES = ['before', 'after'] as const;

interface Scenario extends Omit<WorldOptions, 'each'> {
  limits?: Partial<CustodyLimits>;
  messages: readonly Message[];
  from: string;
  untilMs: number;
}

/** Tells how many writes each node made. */
async function run(
  scenario: Scenario,
  crashes: Record<string, CrashPoint[]> = {},
): Promise<Map<string, number>> {
  const { messages, from, untilMs, limits = {}, ...options } = scenario;
  const world = await World.of({ ...options, each: (node) => ({ crashes: crashes[node] ?? [], limits }) });
  try {
    for (const one of messages) void world.node(from).accept(one);
    await world.until(untilMs);
    await expectAllOnce(world, messages);
    return new Map([...world.nodes].map(([id, { calls }]) => [id, calls]));
  } finally {
    world.close();
  }
}

async function crashEverywhere(
  scenario: Scenario,
  sides: readonly CrashPoint['side'][] = SIDES,
): Promise<number> {
  const calls = await run(scenario);
  let crashes = 0;
  for (const [node, most] of calls)
    for (let call = 1; call <= most; call++)
      for (const side of sides) {
        await run(scenario, { [node]: [{ call, side }] }).catch((error: unknown) => {
          throw new Error(`after a crash of ${node} ${side} call ${call}`, { cause: error });
        });
        crashes++;
      }
  return crashes;
}

describe('a crash before or after any write', () => {
  test('loses nothing and repeats nothing between two nodes', async () => {
    const crashes = await crashEverywhere({
      nodes: ['hub', 'edge'],
      links: both({ from: 'hub', to: 'edge', profile: FAST }),
      messages: [message('m1', 'edge'), message('m2', 'edge', { precedence: 'flash' })],
      from: 'hub',
      untilMs: 30_000,
    });
    expect(crashes).toBeGreaterThan(30);
  });

  test('loses nothing and repeats nothing in a contact, of which the bundle takes two', {
    timeout: 120_000,
  }, async () => {
    // What is answered after the end of a contact is sent again in the next.
    const sky = contacts('hub', 'edge', [4, 8], [14, 18], [24, 28], [34, 38]);
    const crashes = await crashEverywhere(
      {
        nodes: ['hub', 'edge'],
        links: sky.links,
        plan: sky.plan,
        limits: { fragmentBytesMax: 16_384 },
        messages: [message('large', 'edge', { payload: noise(45_000) })],
        from: 'hub',
        untilMs: 55_000,
      },
      ['after'],
    );
    expect(crashes).toBeGreaterThan(60);
  });
});

describe('over links that lose, repeat and reorder', () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    'delivers everything once through three nodes that crash, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed);
      const bad = {
        profile: steadyLink({ rateBitsPerSecond: 8e6, delayMs: 50, jitterMs: 400, lossRate: 0.25 }),
      };
      const lossy = { ...bad, duplicates: 0.2, reorders: true };
      const messages = Array.from({ length: 12 }, (_, at) =>
        message(`m${at}`, at % 3 === 0 ? 'relay' : 'edge', { precedence: random.pick(PRECEDENCES) }),
      );
      const crash = (): CrashPoint => ({ call: random.int(1, 60), side: random.pick(SIDES) });
      await run(
        {
          seed,
          nodes: ['hub', 'relay', 'edge'],
          links: [
            ...both({ from: 'hub', to: 'relay', ...lossy }),
            ...both({ from: 'relay', to: 'edge', ...lossy }),
          ],
          messages,
          from: 'hub',
          untilMs: 600_000,
        },
        { hub: [crash(), crash()], relay: [crash(), crash(), crash()], edge: [crash(), crash()] },
      );
    },
  );
});
