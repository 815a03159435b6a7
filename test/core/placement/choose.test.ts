import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eligible, preferred } from '../../../core/placement/candidates.ts';
import { choose } from '../../../core/placement/choose.ts';
import type { Candidate } from '../../../core/placement/placement.ts';
import type { NetworkNode } from '../../../core/network/network.ts';
import { STRATEGIES } from '../../../core/workflow/definition.ts';

const BEST = { strategy: 'best-route' } as const;
const at = (id: string, answerMs = 0, more: Partial<Candidate> = {}): Candidate => ({
  id,
  answerMs,
  ...more,
});
const node = (id: string, more: Partial<NetworkNode> = {}): NetworkNode => ({
  id,
  kind: 'edge',
  capabilities: [],
  ...more,
});
const placement = { strategy: 'best-route', precedence: 'routine' } as const;

const candidates = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/),
    answerMs: fc.integer({ min: 0, max: 1_000_000 }),
    running: fc.nat(20),
    concurrency: fc.integer({ min: 1, max: 20 }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
);

describe('who could run a task', () => {
  const NODES = [
    node('edge-2', { capabilities: ['camera'], types: ['echo'] }),
    node('edge-1', { capabilities: ['camera', 'gpu'] }),
    node('hub'),
  ];

  it('has all capabilities and offers the type, where it says which it offers', () => {
    const capabilities = ['camera', 'gpu'];
    expect(eligible(NODES, { placement: { ...placement, capabilities }, taskType: 'echo' })).toEqual({
      able: [NODES[1]],
      refused: [
        { id: 'edge-2', why: 'lacks gpu' },
        { id: 'hub', why: 'lacks camera, gpu' },
      ],
    });
    const { refused } = eligible(NODES, {
      placement: { ...placement, nodes: ['edge-2'] },
      taskType: 'paint',
    });
    expect(refused).toEqual([{ id: 'edge-2', why: 'does not offer the type "paint"' }]);
  });

  it('is any node for what needs no handler, and none that is not registered', () => {
    const asked = { placement: { ...placement, nodes: ['edge-2', 'edge-9'] } };
    expect(eligible(NODES, asked)).toEqual({
      able: [NODES[0]],
      refused: [{ id: 'edge-9', why: 'is not registered' }],
    });
  });

  it('comes last where the task failed before', () => {
    const both = [at('a'), at('b')];
    expect(preferred(both, ['a'])).toEqual({
      candidates: [both[1]],
      avoided: [{ id: 'a', why: 'failed at it before' }],
    });
    expect(preferred(both, ['a', 'b'])).toEqual({ candidates: both, avoided: [] });
  });
});

describe('the best route', () => {
  it('is that of the earliest answer, and says by how much', () => {
    const { chosen, reason } = choose([at('edge-1', 250_000), at('edge-2')], BEST, 0, []);
    expect(chosen.id).toBe('edge-2');
    expect(reason).toBe('chose edge-2 over edge-1: arrives 4 m 10 s sooner');
    expect(choose([at('b', 7), at('a', 7)], BEST, 0, []).reason).toBe(
      'chose a over b: arrives as soon, and comes first by name',
    );
  });

  it('says why others can not where there is one', () => {
    const refused = ['b', 'c', 'd', 'e', 'f'].map((id) => ({ id, why: 'lacks gpu' }));
    expect(choose([at('a')], BEST, 0, refused).reason).toBe(
      'chose a: b lacks gpu, c lacks gpu, d lacks gpu and 2 others can not',
    );
    expect(choose([at('a')], BEST, 0, []).reason).toBe('chose a: the only node there is');
  });
});

describe('round robin', () => {
  it('gives each node its turn, whatever the order in which they come', () =>
    fc.assert(
      fc.property(candidates, fc.nat(50), (all, rounds) => {
        const counts = new Map<string, number>();
        for (let turn = 0; turn < rounds; turn++) {
          const { id } = choose(all.toReversed(), { strategy: 'round-robin' }, turn, []).chosen;
          counts.set(id, (counts.get(id) ?? 0) + 1);
        }
        const given = all.map(({ id }) => counts.get(id) ?? 0);
        expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(1);
      }),
    ));
});

describe('the least loaded', () => {
  it('runs the smallest part of what it may', () => {
    const two = [
      at('edge-1', 0, { running: 3, concurrency: 4 }),
      at('edge-2', 9000, { running: 1, concurrency: 4 }),
    ];
    const { reason } = choose(two, { strategy: 'least-loaded' }, 0, []);
    expect(reason).toBe('chose edge-2 over edge-1: runs 1 of 4 tasks, not 3 of 4 tasks');
  });

  it('is the one of the better route where several are', () => {
    const two = [at('edge-1', 9000, { running: 0 }), at('edge-2', 0, { running: 0 })];
    expect(choose(two, { strategy: 'least-loaded' }, 0, []).reason).toBe(
      'chose edge-2 over edge-1: arrives 9 s sooner; both run 0 tasks',
    );
  });

  it('is never outdone', () =>
    fc.assert(
      fc.property(candidates, (all) => {
        const { chosen } = choose(all, { strategy: 'least-loaded' }, 0, []) as {
          chosen: (typeof all)[number];
        };
        const least = Math.min(...all.map(({ running, concurrency }) => running / concurrency));
        expect(chosen.running / chosen.concurrency).toBe(least);
      }),
    ));
});

describe('a sticky key', () => {
  it('stays at its node whatever the strategy and the routes, and moves only where its own node goes or a new one takes it', () =>
    fc.assert(
      fc.property(
        candidates,
        fc.string({ minLength: 1 }),
        fc.constantFrom(...STRATEGIES),
        fc.nat(),
        (all, key, strategy, turn) => {
          const of = (some: readonly Candidate[]) =>
            choose(some, { strategy, sticky: key }, turn, []).chosen.id;
          const owner = of(all);
          expect(of(all.map((one) => ({ ...one, answerMs: 0, running: 0 })))).toBe(owner);
          for (const { id } of all) {
            const rest = all.filter((one) => one.id !== id);
            if (rest.length > 0 && id !== owner) expect(of(rest)).toBe(owner);
          }
          const grown = of([...all, at('new-node')]);
          expect([owner, 'new-node']).toContain(grown);
        },
      ),
    ));

  it('shares keys evenly', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => at(id));
    const counts = new Map<string, number>();
    for (let key = 0; key < 4000; key++) {
      const { id } = choose(nodes, { ...BEST, sticky: `customer-${key}` }, 0, []).chosen;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
