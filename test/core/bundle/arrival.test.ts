import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bundle, BUNDLE_FLAGS } from '../../../core/bundle/bundle.ts';
import { bundleId } from '../../../core/bundle/bundle-id.ts';
import { dtnTime, expiryMs, isExpired } from '../../../core/bundle/expiry.ts';
import { type ArrivalLimits, checkArrival, departing } from '../../../core/bundle/hop.ts';
import {
  BUNDLE_AGE,
  blockValue,
  HOP_COUNT,
  PREVIOUS_NODE,
  withBlock,
} from '../../../core/bundle/known-blocks.ts';
import { NOW_DTN_MS, NOW_MS, sample } from './samples.ts';

const LIMITS: ArrivalLimits = { bundleBytesMax: 10_000, clockSkewMsMax: 5000, lifetimeMsMax: 86_400_000 };
const arrive = (bundle: Bundle, sizeBytes = 100) =>
  checkArrival(bundle, { sizeBytes, nowMs: NOW_MS, limits: LIMITS });
const clockless = (ageMs: number) =>
  withBlock(sample({ creation: { dtnMs: 0, sequence: 4 } }), BUNDLE_AGE, ageMs);

describe('the lifetime of a bundle', () => {
  it('ends its creation time and lifetime later', () => {
    expect(expiryMs(sample(), NOW_MS)).toBe(NOW_MS + 59_000);
    expect(isExpired(sample(), NOW_MS + 58_999)).toBe(false);
    expect(isExpired(sample(), NOW_MS + 59_000)).toBe(true);
  });

  it('ends by its age when its source has no clock', () => {
    expect(isExpired(clockless(59_999), NOW_MS)).toBe(false);
    expect(isExpired(clockless(60_000), NOW_MS)).toBe(true);
    expect(isExpired(clockless(10_000), NOW_MS + 50_000, NOW_MS)).toBe(true);
  });

  it('refuses to be told without a clock and an age', () => {
    expect(() => isExpired(sample({ creation: { dtnMs: 0, sequence: 4 } }), NOW_MS)).toThrow(
      /no bundle age block/,
    );
  });

  it('counts from the year 2000', () => {
    expect(dtnTime(Date.UTC(2000, 0, 1, 0, 0, 1))).toBe(1000);
    expect(() => dtnTime(Date.UTC(2000, 0, 1))).toThrow(/not after the start of the year 2000/);
    expect(() => dtnTime(Number.NaN)).toThrow(/NaN/);
  });
});

describe('an arriving bundle', () => {
  it('is taken within all limits', () => {
    expect(() => arrive(sample())).not.toThrow();
    expect(() => arrive(clockless(5))).not.toThrow();
    expect(() => arrive(withBlock(sample(), HOP_COUNT, { limit: 3, count: 3 }))).not.toThrow();
  });

  it.each<[string, Bundle, string]>([
    ['expired', sample({ lifetimeMs: 1000 }), 'expired'],
    ['expired by age', clockless(70_000), 'expired'],
    ['from-the-future', sample({ creation: { dtnMs: NOW_DTN_MS + 5001, sequence: 0 } }), 'from-the-future'],
    ['looping', withBlock(sample(), HOP_COUNT, { limit: 3, count: 4 }), 'looping'],
    ['of an absurd lifetime', sample({ lifetimeMs: Number.MAX_SAFE_INTEGER }), 'too-large'],
    ['without a time', sample({ creation: { dtnMs: 0, sequence: 0 } }), 'malformed'],
  ])('is refused when it is %s', (_, bundle, reason) => {
    expect(() => arrive(bundle)).toThrow(expect.objectContaining({ reason }));
  });

  it('is refused when it is too large', () => {
    expect(() => arrive(sample(), 10_001)).toThrow(expect.objectContaining({ reason: 'too-large' }));
  });
});

describe('a departing bundle', () => {
  it('names this node, counts its hop and ages by its stay', () => {
    const bundle = withBlock(clockless(100), HOP_COUNT, { limit: 9, count: 2 });
    const left = departing(bundle, { node: 'ipn:5.0', receivedMs: NOW_MS, nowMs: NOW_MS + 250 });
    expect(blockValue(left, PREVIOUS_NODE)).toBe('ipn:5.0');
    expect(blockValue(left, HOP_COUNT)).toEqual({ limit: 9, count: 3 });
    expect(blockValue(left, BUNDLE_AGE)).toBe(350);
    expect(departing(left, { node: 'ipn:6.0', receivedMs: NOW_MS, nowMs: NOW_MS }).blocks).toHaveLength(4);
  });

  it('ages across hops to the same expiry, whatever each clock says', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5000), fc.nat(1e6)), { maxLength: 8 }), (stays) => {
        let bundle = clockless(0);
        let leftMs = 60_000;
        for (const [stayMs, clockMs] of stays) {
          leftMs -= stayMs;
          const at = { receivedMs: NOW_MS + clockMs, nowMs: NOW_MS + clockMs + stayMs };
          bundle = departing(bundle, { node: 'ipn:5.0', ...at });
          expect(expiryMs(bundle, 0)).toBe(leftMs);
        }
      }),
    );
  });

  it('refuses to go once more than its hop limit, and after its expiry', () => {
    const bundle = withBlock(sample(), HOP_COUNT, { limit: 2, count: 2 });
    const stay = { node: 'ipn:5.0', receivedMs: NOW_MS, nowMs: NOW_MS };
    expect(() => departing(bundle, stay)).toThrow(expect.objectContaining({ reason: 'looping' }));
    const late = { ...stay, nowMs: NOW_MS + 59_000 };
    expect(() => departing(sample(), late)).toThrow(expect.objectContaining({ reason: 'expired' }));
  });
});

const numbered = (sequence: number, source = 'ipn:1.7') =>
  sample({ source, creation: { dtnMs: NOW_DTN_MS, sequence } });
const fragment = (offset: number, sizeBytes: number): Bundle => {
  const bundle = sample({ flags: BUNDLE_FLAGS.isFragment, payload: new Uint8Array(sizeBytes) });
  return { ...bundle, primary: { ...bundle.primary, fragment: { offset, totalBytes: 1000 } } };
};

describe('the id of a bundle', () => {
  it('is the same in whatever spelling of its source', () => {
    expect(bundleId(numbered(1, 'ipn:0.7.1'))).toBe(bundleId(numbered(1, 'ipn:7.1')));
  });

  it('is another when source, time, sequence, offset or size of the fragment differ', () => {
    const others = [
      sample(),
      numbered(1),
      numbered(2),
      numbered(1, 'ipn:1.8'),
      fragment(0, 5),
      fragment(0, 6),
      fragment(5, 5),
    ];
    expect(new Set(others.map(bundleId)).size).toBe(others.length);
  });
});
