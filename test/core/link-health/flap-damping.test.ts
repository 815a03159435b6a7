import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { DAMPING, FlapDamping, flapsMax } from '../../../core/link-health/flap-damping.ts';

const MINUTE_MS = 60_000;

describe('flap damping', () => {
  it('halves the penalty in 15 minutes', () => {
    const damping = new FlapDamping();
    damping.flap(0);
    expect(damping.penalty(15 * MINUTE_MS)).toBeCloseTo(500, 9);
  });

  it('suppresses at the fourth flap within minutes, and at none when they are ten minutes apart', () => {
    const quick = new FlapDamping();
    for (const minute of [0, 1, 2]) quick.flap(minute * MINUTE_MS);
    expect(quick.isSuppressed(2 * MINUTE_MS)).toBe(false);
    quick.flap(3 * MINUTE_MS);
    expect(quick.isSuppressed(3 * MINUTE_MS)).toBe(true);
    const slow = new FlapDamping();
    for (let minute = 0; minute < 6000; minute += 10) {
      slow.flap(minute * MINUTE_MS);
      expect(slow.isSuppressed(minute * MINUTE_MS)).toBe(false);
    }
  });

  it('reuses at 750, and says when that will be', () => {
    const damping = new FlapDamping();
    for (let flap = 0; flap < 4; flap++) damping.flap(0);
    const reuseAtMs = damping.reuseAtMs(0)!;
    expect(reuseAtMs / MINUTE_MS).toBeCloseTo(15 * Math.log2(4000 / 750), 6);
    expect(damping.isSuppressed(reuseAtMs - 1)).toBe(true);
    expect(damping.isSuppressed(reuseAtMs)).toBe(false);
    expect(damping.reuseAtMs(reuseAtMs)).toBeUndefined();
  });

  it('suppresses for no more than 60 minutes after the last flap, however many there were', () => {
    const damping = new FlapDamping();
    for (let flap = 0; flap < 10_000; flap++) damping.flap(flap);
    expect(damping.isSuppressed(9999 + 59.9 * MINUTE_MS)).toBe(true);
    expect(damping.isSuppressed(9999 + 60 * MINUTE_MS)).toBe(false);
  });

  it('takes a clock that steps back to stand still', () => {
    const damping = new FlapDamping();
    damping.flap(MINUTE_MS);
    damping.flap(0);
    expect(damping.penalty(0)).toBe(2000);
  });

  it('never shows more flaps than its bound, however and however often it flaps', () => {
    const settings = fc.record({
      penaltyPerFlap: fc.integer({ min: 100, max: 5000 }),
      suppress: fc.integer({ min: 1001, max: 6000 }),
      reuse: fc.integer({ min: 100, max: 1000 }),
      halfLifeMs: fc.integer({ min: 10_000, max: 1_000_000 }),
      suppressMsMax: fc.integer({ min: 6_000_000, max: 9_000_000 }),
    });
    const waits = fc.array(
      fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 600_000 })),
      { minLength: 1, maxLength: 300 },
    );
    // The greedy one flaps as soon as it may show again.
    const greedy = fc.constant('greedy' as const);
    fc.assert(
      fc.property(fc.oneof(fc.constant(DAMPING), settings), fc.oneof(waits, greedy), (figures, gaps) => {
        const damping = new FlapDamping(figures);
        let nowMs = 0;
        let shown = 0;
        for (let flap = 0; flap < (gaps === 'greedy' ? 200 : gaps.length); flap++) {
          nowMs = gaps === 'greedy' ? (damping.reuseAtMs(nowMs) ?? nowMs) : nowMs + gaps[flap]!;
          if (!damping.isSuppressed(nowMs)) shown++;
          damping.flap(nowMs);
          expect(shown).toBeLessThanOrEqual(flapsMax(nowMs, figures));
        }
      }),
    );
  });

  it('refuses figures that could never suppress or never reuse', () => {
    const refused = [
      { ...DAMPING, reuse: 3000 },
      { ...DAMPING, suppress: 12_001 },
      { ...DAMPING, halfLifeMs: 0 },
      { ...DAMPING, penaltyPerFlap: NaN },
    ];
    for (const settings of refused) expect(() => new FlapDamping(settings)).toThrow(InvalidInput);
    expect(() => new FlapDamping().flap(Infinity)).toThrow(InvalidInput);
  });
});
