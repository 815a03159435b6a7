import { expect, it } from 'vitest';
import { UlidIds } from '../../../adapters/system/ids.ts';
import { SystemRandom } from '../../../adapters/system/random.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import { idsSuite } from '../../ports/ids.suite.ts';

const clockOf = (times: number[]): Clock => {
  let at = 0;
  return { now: () => times[Math.min(at++, times.length - 1)]!, sleep: () => Promise.resolve() };
};

idsSuite('ULIDs', (times) => new UlidIds(clockOf(times), new SystemRandom()));

it('writes the time as the ULID specification does', () => {
  const ids = new UlidIds(clockOf([1_469_918_176_385]), { next: () => 0 });
  expect(ids.next('ex')).toBe('ex_01ARYZ6S410000000000000000');
});

it('goes on in the next millisecond when the random part has run out', () => {
  const ids = new UlidIds(clockOf([5]), { next: () => 0.999_999 });
  expect([ids.next('ex'), ids.next('ex')]).toEqual([
    `ex_0000000005${'Z'.repeat(16)}`,
    `ex_0000000006${'Z'.repeat(16)}`,
  ]);
});

it('draws evenly from [0, 1)', () => {
  const random = new SystemRandom();
  const draws = Array.from({ length: 10_000 }, () => random.next());
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  expect(new Set(draws.map((draw) => Math.floor(draw * 16))).size).toBe(16);
});
