/** What every `Ids` keeps to. */
import { describe, expect, it } from 'vitest';
import type { Ids } from '../../core/ports/ids.ts';

/** `open` takes the times, in milliseconds, that its clock shows one after the other (the last for ever). */
export function idsSuite(name: string, open: (times: number[]) => Ids): void {
  describe(`${name} as Ids`, () => {
    const take = (ids: Ids, count: number) => Array.from({ length: count }, () => ids.next('ex'));

    it('are a prefix and 26 characters that no one mistakes', () => {
      for (const id of take(open([1_700_000_000_000]), 100)) {
        expect(id).toMatch(/^ex_[0-9A-HJKMNP-TV-Z]{26}$/);
      }
    });

    it.each([
      ['within one millisecond', [1_700_000_000_000]],
      ['as time goes by', [1, 2, 31, 32, 33, 1_000_000, 1_700_000_000_000]],
      ['when the clock goes back', [1_700_000_000_000, 1_600_000_000_000]],
    ])('sort after the one before, %s', (_, times) => {
      const made = take(open(times), 5000);
      expect(made).toEqual(made.toSorted());
      expect(new Set(made).size).toBe(made.length);
    });
  });
}
