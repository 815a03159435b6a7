import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { Breaker, BREAKER } from '../../../core/link-health/breaker.ts';
import { Bulkhead } from '../../../core/link-health/bulkhead.ts';

function opened(): Breaker {
  const breaker = new Breaker();
  for (let failure = 0; failure < BREAKER.failuresMax; failure++) {
    expect(breaker.tryPass(0)).toBe(true);
    breaker.failed(0, 0);
  }
  return breaker;
}

describe('a breaker', () => {
  it('opens after failures in a row, not after as many with a success between them', () => {
    const mixed = new Breaker();
    for (let round = 0; round < 10; round++) {
      for (let failure = 1; failure < BREAKER.failuresMax; failure++) mixed.failed(round, round);
      mixed.succeeded(round);
    }
    expect(mixed.state(10)).toBe('closed');
    expect(opened().state(0)).toBe('open');
  });

  it('lets one probe through when half-open, and closes on its success', () => {
    const breaker = opened();
    expect(breaker.tryPass(BREAKER.openMs - 1)).toBe(false);
    expect(breaker.retryAtMs).toBe(BREAKER.openMs);
    expect([1, 2, 3].map(() => breaker.tryPass(BREAKER.openMs))).toEqual([true, false, false]);
    breaker.succeeded(BREAKER.openMs);
    expect(breaker.tryPass(BREAKER.openMs)).toBe(true);
  });

  it('doubles its time each time that the probe fails, up to its limit', () => {
    const breaker = opened();
    const openMs: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      const nowMs = breaker.retryAtMs;
      expect(breaker.tryPass(nowMs)).toBe(true);
      breaker.failed(nowMs, nowMs);
      openMs.push(breaker.retryAtMs - nowMs);
    }
    expect(openMs).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  it('takes no word of what was sent before for the word of the probe', () => {
    const breaker = opened();
    breaker.succeeded(0);
    expect(breaker.state(1)).toBe('open');
    breaker.tryPass(BREAKER.openMs);
    breaker.succeeded(BREAKER.openMs - 1);
    breaker.failed(BREAKER.openMs - 1, BREAKER.openMs);
    expect(breaker.state(BREAKER.openMs)).toBe('half-open');
  });

  it('takes a probe that nobody told the outcome of for failed', () => {
    const breaker = opened();
    breaker.tryPass(BREAKER.openMs);
    expect(breaker.tryPass(BREAKER.openMs + BREAKER.probeMsMax - 1)).toBe(false);
    expect(breaker.state(BREAKER.openMs + BREAKER.probeMsMax)).toBe('open');
    expect(breaker.tryPass(breaker.retryAtMs)).toBe(true);
  });

  it('refuses limits that are none', () => {
    for (const wrong of [{ failuresMax: 0 }, { openMs: NaN }, { openMsMax: 1 }, { probeMsMax: -1 }])
      expect(() => new Breaker({ ...BREAKER, ...wrong })).toThrow(InvalidInput);
  });
});

describe('a bulkhead', () => {
  it('keeps a place for each precedence, however many of another want in', () => {
    const bulkhead = new Bulkhead({ routine: 2, flash: 1 });
    const routine = [1, 2, 3, 4].map(() => bulkhead.tryEnter('routine'));
    expect(routine.map((leave) => leave !== undefined)).toEqual([true, true, false, false]);
    expect(bulkhead.tryEnter('flash')).toBeDefined();
    expect(bulkhead.tryEnter('flash')).toBeUndefined();
  });

  it('takes a place back once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), (steps) => {
        const bulkhead = new Bulkhead({ priority: 3 });
        const inside: (() => void)[] = [];
        let taken = 0;
        const left = new Set<() => void>();
        for (const step of steps) {
          const leave = step % 2 === 0 ? bulkhead.tryEnter('priority') : undefined;
          if (leave !== undefined) {
            inside.push(leave);
            taken++;
          } else if (inside.length > 0) {
            const chosen = inside[step % inside.length]!;
            if (!left.has(chosen)) taken--;
            left.add(chosen);
            chosen();
          }
          expect(bulkhead.free('priority')).toBe(3 - taken);
        }
      }),
    );
  });

  it('refuses a number of places that is none', () => {
    for (const places of [0, -1, 1.5, NaN, Infinity])
      expect(() => new Bulkhead({ deferred: places })).toThrow(InvalidInput);
  });
});
