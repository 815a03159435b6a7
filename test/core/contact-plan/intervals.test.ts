import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Intervals } from '../../../core/contact-plan/intervals.ts';

test('hold what was added and not removed since, in as few intervals as can be', () => {
  const changes = fc.array(fc.tuple(fc.boolean(), fc.nat(30), fc.nat(8)), { maxLength: 25 });
  fc.assert(
    fc.property(changes, fc.nat(40), (made, time) => {
      const intervals = new Intervals();
      const cells = Array<boolean>(40).fill(false);
      for (const [isAdded, start, length] of made) {
        if (isAdded) intervals.add(start, start + length);
        else intervals.remove(start, start + length);
        cells.fill(isAdded, start, start + length);
      }
      const bounds = cells.flatMap((cell, at) => (cell === (cells[at - 1] ?? false) ? [] : [at]));
      expect(intervals.bounds).toEqual(bounds);
      const ends = bounds.filter((_, at) => at % 2 === 1);
      const first = ends.findIndex((end) => end > time);
      expect(intervals.firstEndingAfter(time)).toBe(first === -1 ? bounds.length : first * 2);
    }),
    { numRuns: 500 },
  );
});
