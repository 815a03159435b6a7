import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import { ContactBudget } from '../../../core/satellite/contact-budget.ts';

/** A byte a millisecond. */
const CONTACT: Contact = {
  from: 'a',
  to: 'b',
  startMs: 1000,
  endMs: 2000,
  rateBitsPerSecond: 8000,
  delayMs: 0,
};

describe('ContactBudget', () => {
  test('has what the contact can carry, less as time goes and as it is taken', () => {
    const budget = new ContactBudget(CONTACT);
    expect(budget.leftBytes(0)).toBe(1000);
    expect(budget.leftBytes(1300)).toBe(700);
    expect(budget.take(200, 1300)).toEqual({ startMs: 1300, endMs: 1500 });
    expect(budget.leftBytes(1300)).toBe(500);
    expect(budget.take(500, 1400)).toEqual({ startMs: 1500, endMs: 2000 });
    expect(budget.leftBytes(1400)).toBe(0);
    expect(() => budget.take(1, 1400)).toThrow(expect.objectContaining({ name: 'InvalidInput' }));
  });

  test('keeps margins at both ends and a reserve', () => {
    const budget = new ContactBudget(CONTACT, { openMarginMs: 100, closeMarginMs: 300, reserveShare: 0.5 });
    expect(budget.leftBytes(0)).toBe(300);
    expect(budget.take(300, 0)).toEqual({ startMs: 1100, endMs: 1400 });
    expect(budget.leftBytes(1400)).toBe(0);
    expect(new ContactBudget(CONTACT, { closeMarginMs: 1000 }).leftBytes(0)).toBe(0);
  });

  test('gives no more than the volume that is booked', () => {
    const budget = new ContactBudget(CONTACT, { volumeBytesMax: 250 });
    budget.take(200, 1000);
    expect(budget.leftBytes(1200)).toBe(50);
  });

  test('follows steps of the rate, pauses included', () => {
    const rateSteps = [
      { atMs: 1100, rateBitsPerSecond: 0 },
      { atMs: 1500, rateBitsPerSecond: 16_000 },
    ];
    const budget = new ContactBudget({ ...CONTACT, rateSteps });
    expect(budget.leftBytes(0)).toBe(1100);
    expect(budget.take(300, 1000)).toEqual({ startMs: 1000, endMs: 1600 });
    expect(budget.leftBytes(1600)).toBe(800);
  });

  test.each([
    { openMarginMs: -1 },
    { closeMarginMs: Number.NaN },
    { reserveShare: 1.1 },
    { volumeBytesMax: Number.NaN },
  ])('refuses %j', (options) => {
    expect(() => new ContactBudget(CONTACT, options)).toThrow(
      expect.objectContaining({ name: 'InvalidInput' }),
    );
  });

  test('never ends a transmission after the contact, whatever is taken when', () => {
    const takes = fc.array(fc.tuple(fc.integer({ min: 900, max: 2100 }), fc.nat(400)), { maxLength: 20 });
    fc.assert(
      fc.property(takes, fc.integer({ min: 1, max: 1e9 }), (wanted, rateBitsPerSecond) => {
        const budget = new ContactBudget({ ...CONTACT, rateBitsPerSecond });
        let before = 0;
        for (const [atMs, share] of wanted) {
          const size = Math.floor((budget.leftBytes(atMs) * share) / 400);
          const { startMs, endMs } = budget.take(size, atMs);
          expect(startMs).toBeGreaterThanOrEqual(Math.max(atMs, before));
          if (size > 0) expect(endMs).toBeLessThanOrEqual(CONTACT.endMs);
          before = endMs;
        }
      }),
    );
  });
});
