import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import { NO_FAULTS } from './faults.ts';
import { MUTANTS } from './mutants.ts';
import { hashOf, Seeds, simulate } from './seeds.ts';
import { randomSchedule, type Schedule } from './workloads.ts';
import { World } from './world.ts';

const GENERATED = 200;
const CRASHES = 100;

let seeds: Seeds;
beforeAll(async () => {
  seeds = await Seeds.measure();
});

async function violationsOf(list: number[]): Promise<string[]> {
  const found: string[] = [];
  for (const seed of list) {
    const { violations } = await simulate(seeds.schedule(seed));
    for (const { rule, expected, saw } of violations)
      found.push(`seed ${seed}, ${rule}: expected ${expected}; saw ${saw}`);
  }
  return found;
}

describe('the engine in virtual time', () => {
  it('survives crashes before and after port calls of every example', async () => {
    const step = Math.ceil(seeds.exhaustive / CRASHES);
    const list = Array.from({ length: CRASHES }, (_, at) => 1 + at * step).filter(
      (seed) => seed <= seeds.exhaustive,
    );
    expect(list.length).toBeGreaterThan(CRASHES / 2);
    expect(await violationsOf(list)).toEqual([]);
  });

  it('survives crashes, delays, duplicates and clients in generated workflows', async () => {
    expect(
      await violationsOf(Array.from({ length: GENERATED }, (_, at) => seeds.exhaustive + 1 + at)),
    ).toEqual([]);
  });

  it('gives the same history for the same seed, and another for another', async () => {
    const histories = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const [first, second] = [
        await new World(randomSchedule(seed)).run(),
        await new World(randomSchedule(seed)).run(),
      ];
      expect(hashOf(second)).toBe(hashOf(first));
      histories.add(hashOf(first));
    }
    expect(histories.size).toBe(20);
  });

  it.each([
    'a write to a task in any status is taken',
    'attempts of a host that died are not taken up',
    'unmet dependencies are overlooked',
    'a place is given to whoever asks',
    'the same key starts again',
  ])('notices when %s', async (name) => {
    for (let seed = 1; seed <= 200; seed++) {
      const { violations } = await new World(randomSchedule(seed), MUTANTS[name]).run();
      if (violations.length > 0) return;
    }
    expect.fail(`200 seeds passed without a fence`);
  });
});

describe('what the simulation found', () => {
  it('shows variables to the conditions of a map within a parallel', async () => {
    const condition = 'yes = true';
    const map = {
      id: 'each',
      type: 'map',
      input: { items: [1, 2], task: { id: 'item', type: 'alpha', condition } },
    };
    const world = await run([{ id: 'both', type: 'parallel', input: { tasks: [map] } }]);
    expect(endsOf(world, 'item')).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  it('shows a task within a parallel its siblings, not those of its parent', async () => {
    const tasks: JsonObject[] = [
      { id: 'first', type: 'alpha' },
      { id: 'second', type: 'alpha', dependsOn: ['first'], input: { from: '${tasks.first.output.value}' } },
    ];
    const world = await run([{ id: 'both', type: 'parallel', input: { tasks } }]);
    expect(endsOf(world, 'second')).toEqual(['SUCCEEDED']);
  });
});

async function run(tasks: JsonObject[]): Promise<World> {
  const variables = [{ name: 'yes', type: 'boolean', default: true }];
  const schedule: Schedule = {
    ...randomSchedule(1),
    documents: [{ name: 'main', variables, tasks }],
    starts: [{ workflow: 'main', variables: {} }],
    operations: [],
    lateTypes: [],
    faults: NO_FAULTS,
    generated: undefined,
    exact: false,
  };
  const world = new World(schedule);
  expect((await world.run()).violations).toEqual([]);
  return world;
}

const endsOf = (world: World, prefix: string): string[] =>
  [...world.oracles.ends()].flatMap(([key, end]) => (key.split('/').at(-1)!.startsWith(prefix) ? [end] : []));
