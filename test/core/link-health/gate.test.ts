import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { Gate, type GateSettings } from '../../../core/link-health/gate.ts';

const SETTINGS: GateSettings = { enter: 10, leave: 5, n: 3, m: 4, dwellMs: 1000 };

describe('a gate', () => {
  it('enters on three of four samples, not on two', () => {
    const gate = new Gate(SETTINGS);
    for (const [index, value] of [20, 0, 20].entries()) gate.sample(value, index);
    expect(gate.isOn).toBe(false);
    gate.sample(20, 3);
    expect([gate.isOn, gate.sinceMs]).toEqual([true, 3]);
  });

  it('stays as it is between the two levels, and for its dwell', () => {
    const gate = new Gate(SETTINGS);
    for (let nowMs = 0; nowMs < 4; nowMs++) gate.sample(10, nowMs);
    for (let nowMs = 2000; nowMs < 9000; nowMs += 100) gate.sample(7, nowMs);
    expect(gate.isOn).toBe(true);
    const early = new Gate(SETTINGS);
    for (let nowMs = 0; nowMs < 1000; nowMs += 10) early.sample(nowMs < 40 ? 10 : 0, nowMs);
    expect(early.isOn).toBe(true);
    early.sample(0, 1020);
    expect(early.isOn).toBe(false);
  });

  it('never turns twice within its dwell', () => {
    const samples = fc.array(
      fc.tuple(fc.double({ min: 0, max: 20, noNaN: true }), fc.integer({ min: 0, max: 500 })),
    );
    fc.assert(
      fc.property(samples, (trace) => {
        const gate = new Gate(SETTINGS);
        let nowMs = 0;
        let turnedMs = -Infinity;
        for (const [value, gapMs] of trace) {
          nowMs += gapMs;
          const before = gate.isOn;
          gate.sample(value, nowMs);
          if (gate.isOn === before) continue;
          expect(nowMs - turnedMs).toBeGreaterThanOrEqual(SETTINGS.dwellMs);
          turnedMs = nowMs;
        }
      }),
    );
  });

  it('refuses levels and counts that could turn it both ways at once', () => {
    for (const wrong of [{ leave: 10 }, { n: 2 }, { n: 5 }, { n: 2.5 }, { enter: NaN }, { dwellMs: -1 }])
      expect(() => new Gate({ ...SETTINGS, ...wrong })).toThrow(InvalidInput);
  });
});
