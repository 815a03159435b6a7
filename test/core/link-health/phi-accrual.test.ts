import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { deviationsAt, log10NormalTail, PhiAccrual } from '../../../core/link-health/phi-accrual.ts';

const regular = () => new PhiAccrual({ intervalMs: 1000, deviationMsMin: 100 });

describe('phi accrual', () => {
  it('knows the tail of the normal distribution, far out too', () => {
    const tails: [number, number][] = [
      [0, 0.5],
      [1, 0.15865525393145707],
      [-1, 0.8413447460685429],
      [3, 0.0013498980316300933],
      [6, 9.865876450376981e-10],
      [10, 7.619853024160527e-24],
    ];
    for (const [z, tail] of tails) expect(log10NormalTail(z)).toBeCloseTo(Math.log10(tail), 6);
    expect(log10NormalTail(100)).toBeCloseTo(-2173.87154, 3);
  });

  it('comes to its threshold at the silence that has that probability', () => {
    expect(deviationsAt(10)).toBeCloseTo(6.3613409, 5);
    const phi = regular();
    for (let arrival = 0; arrival < 50; arrival++) phi.learn(1000);
    expect(phi.phi(1000 + 6.3613409 * 100)).toBeCloseTo(10, 4);
    expect(phi.phi(1000)).toBeCloseTo(Math.log10(2), 6);
  });

  it('suspects the same silence less where arrivals are irregular', () => {
    const steady = regular();
    const bursty = regular();
    for (let arrival = 0; arrival < 100; arrival++) {
      steady.learn(1000);
      bursty.learn(arrival % 2 === 0 ? 200 : 1800);
    }
    expect(bursty.phi(2500)).toBeLessThan(steady.phi(2500));
  });

  it('holds the mean and deviation of its window, whatever came before', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 2, max: 20 }), (arrivals, samplesMax) => {
        const phi = new PhiAccrual({ intervalMs: 1000, deviationMsMin: 0.001, samplesMax });
        for (const gapMs of arrivals) phi.learn(gapMs);
        const window = arrivals.slice(-samplesMax);
        const mean = window.reduce((sum, gap) => sum + gap, 0) / window.length;
        const variance = window.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / window.length;
        expect(phi.meanMs).toBeCloseTo(mean, 3);
        expect(Math.abs(phi.deviationMs - Math.max(0.001, Math.sqrt(variance)))).toBeLessThan(1);
      }),
    );
  });

  it('never grows less suspicious while a silence lasts', () => {
    const phi = regular();
    for (const gapMs of [900, 1100, 1000, 1300, 800]) phi.learn(gapMs);
    const silence = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(silence, silence, (one, other) => {
        expect(phi.phi(Math.max(one, other))).toBeGreaterThanOrEqual(phi.phi(Math.min(one, other)));
      }),
    );
  });

  it('refuses an interval that is none', () => {
    for (const intervalMs of [NaN, 0, -1, Infinity])
      expect(() => new PhiAccrual({ intervalMs, deviationMsMin: 1 })).toThrow(InvalidInput);
  });
});
