import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countBy, firstFrom, indexTimes } from '../../../core/contact-plan/time-index.ts';

const sorted = (values: number[]) => Float64Array.from(values).sort();

test('counts the times up to one, and at most eight too many, however they are spread', () => {
  const spread = fc.oneof(
    fc.array(fc.double({ min: -1e12, max: 1e13, noNaN: true }), { maxLength: 60 }),
    fc.array(fc.nat(20), { maxLength: 300 }),
    fc.array(fc.nat(20), { maxLength: 300 }).map((values) => [...values, 1e15]),
  );
  fc.assert(
    fc.property(spread, fc.nat(400), fc.double({ min: -1e13, max: 1e15 }), (values, at, anywhere) => {
      const times = sorted(values);
      const index = indexTimes(times);
      for (const nowMs of [times[at] ?? 10, anywhere, -Infinity, Infinity].filter(
        (time) => !Number.isNaN(time),
      )) {
        const exact = times.filter((time) => time <= nowMs).length;
        expect(countBy(times, index, nowMs)).toBeGreaterThanOrEqual(exact);
        expect(countBy(times, index, nowMs)).toBeLessThanOrEqual(exact + 8);
      }
    }),
    { numRuns: 500, examples: [[[0, Number.MIN_VALUE], 0, 0]] },
  );
});

test('finds the first number from a place on that is not below another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(30), { maxLength: 20 }),
      fc.nat(20),
      fc.nat(20),
      fc.nat(32),
      (values, a, b, least) => {
        const numbers = Int32Array.from(values).sort();
        const [first, end] = [a, b].map((at) => Math.min(at, numbers.length)).sort((x, y) => x - y) as [
          number,
          number,
        ];
        const found = numbers.findIndex((number, at) => at >= first && number >= least);
        expect(firstFrom(numbers, first, end, least)).toBe(found === -1 ? end : Math.min(found, end));
      },
    ),
    { numRuns: 500 },
  );
});
