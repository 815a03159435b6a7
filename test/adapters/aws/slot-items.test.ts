import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf, lineOf, shardPlaces, waiterOf } from '../../../adapters/aws/slot-items.ts';
import { AGEING_MS } from '../../../core/ports/slots.ts';

const size = fc.oneof(fc.nat(600), fc.nat(100_000));
const shards = Array.from({ length: 40 }, (_, shard) => shard);

describe('The counters of a pool', () => {
  it('count its size together, and none less when it grows', () => {
    fc.assert(
      fc.property(size, fc.nat(1000), (places, more) => {
        expect(shards.reduce((sum, shard) => sum + shardPlaces(places, shard), 0)).toBe(places);
        for (const shard of shards)
          expect(shardPlaces(places + more, shard)).toBeGreaterThanOrEqual(shardPlaces(places, shard));
      }),
    );
  });
});

describe('A place in line', () => {
  const waiter = fc.record({
    holder: fc.stringMatching(/^task\/ex_[0-9A-Z]{26}\/[\p{L}\p{N}_#-]{1,20}\/[1-9]$/u),
    pools: fc.constant([]),
    priority: fc.oneof(
      fc.integer({ min: -1000, max: 1000 }),
      fc.integer({ min: -20, max: 20 }).map((n) => n / 8),
    ),
    readyMs: fc.oneof(
      fc.nat(3).map((steps) => steps * AGEING_MS),
      fc.integer({ min: 0, max: 2e12 }),
    ),
    index: fc.nat(1_000_000),
  });

  it('sorts by priority with ageing, then by readiness, then by index', () => {
    fc.assert(
      fc.property(waiter, waiter, (a, b) => {
        const rank = (one: typeof a) => one.readyMs - one.priority * AGEING_MS;
        const before = rank(a) - rank(b) || a.readyMs - b.readyMs || a.index - b.index;
        fc.pre(before !== 0);
        expect(entryOf(a, 't') < entryOf(b, 't')).toBe(before < 0);
      }),
    );
  });

  it('tells whose it is', () => {
    fc.assert(
      fc.property(waiter, (one) => {
        expect(waiterOf(entryOf(one, 'k3'))).toEqual({ holder: one.holder, ticket: 'k3' });
      }),
    );
  });
});

it('has one line for the same pools in any order', () => {
  expect(lineOf(['b', 'a'])).toBe(lineOf(['a', 'b']));
});
