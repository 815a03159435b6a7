import { describe, expect, test } from 'vitest';
import { answerMs } from '../../../core/custody/patience.ts';

describe('the answer to what arrives in a contact', () => {
  const contact = { endMs: 100, delayMs: 5 };
  const backAt = (startMs: number, endMs: number) => ({ startMs, endMs, delayMs: 5 });

  test('is there after the way back, where there is a contact back', () => {
    expect(answerMs(50, contact, [backAt(0, 10), backAt(40, 60)])).toBe(55);
  });

  test('is not there before the end of the contact, where there is no contact back', () => {
    expect(answerMs(50, contact, [])).toBe(100);
    expect(answerMs(50, contact, [backAt(0, 50), backAt(300, 400)])).toBe(100);
    expect(answerMs(98, contact, [backAt(0, 90)])).toBe(103);
  });
});
