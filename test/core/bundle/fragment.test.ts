import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUNDLE_FLAGS, type Bundle, payloadOf } from '../../../core/bundle/bundle.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle, encodedBytes } from '../../../core/bundle/encode.ts';
import { LABEL, PRECEDENCE } from '../../../core/bundle/extensions.ts';
import { fragmentBundle, splitBundle } from '../../../core/bundle/fragment.ts';
import { BUNDLE_AGE, blockValue, withBlock } from '../../../core/bundle/known-blocks.ts';
import { Reassembler, type ReassemblyLimits } from '../../../core/bundle/reassembly.ts';
import { bundlesOf, NOW_DTN_MS, NOW_MS, sample } from './samples.ts';

const reassembler = (limits: Partial<ReassemblyLimits> = {}) =>
  new Reassembler({ wholeBytesMax: 1 << 20, sourceBytesMax: 1 << 20, heldBytesMax: 1 << 21, ...limits });
const counting = (sizeBytes: number) =>
  Uint8Array.from({ length: sizeBytes }, (_, place) => place * 7 + (place >> 8));

/** Bundles that may be fragmented and don't expire. */
const wholes = bundlesOf(fc.uint8Array({ minLength: 1, maxLength: 2000 })).map((bundle): Bundle => {
  const { fragment: _, ...primary } = bundle.primary;
  const flags = primary.flags - (primary.flags & BUNDLE_FLAGS.isFragment);
  return {
    ...bundle,
    primary: { ...primary, flags, creation: { dtnMs: NOW_DTN_MS, sequence: 1 }, lifetimeMs: 9e9 },
  };
});

/** Enough for any fragment. */
const leastBytes = (bundle: Bundle) => encodedBytes(bundle) - payloadOf(bundle).length + 32;

describe('a split bundle', () => {
  it('comes together again in any order, with repeats and overlaps', () => {
    const seeds = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(wholes, fc.nat(300), fc.nat(900), seeds, (bundle, few, more, seeds) => {
        const least = leastBytes(bundle);
        const parts = [...fragmentBundle(bundle, least + few), ...fragmentBundle(bundle, least + more)];
        const sent = parts.map((part) => decodeBundle(encodeBundle(part)));
        const order = [...seeds.map((seed) => sent[seed % sent.length]!), ...sent];
        const held = reassembler();
        const got = order.map((part) => held.add(part, NOW_MS)).find((whole) => whole !== undefined);
        expect(got).toEqual(bundle);
      }),
      { numRuns: 200 },
    );
  });

  it('fills exactly the volume that is left', () => {
    const sizes = fc.integer({ min: 100, max: 70_000 });
    fc.assert(
      fc.property(sizes, fc.nat(70_000), (sizeBytes, room) => {
        const bundle = sample({ payload: counting(sizeBytes) });
        const split = splitBundle(bundle, room);
        if (split === undefined) {
          expect(room).toBeLessThan(120);
          return;
        }
        const { first, rest } = split;
        const usedBytes = encodeBundle(first).length;
        expect(usedBytes).toBeLessThanOrEqual(room);
        if (rest === undefined) {
          expect(first).toBe(bundle);
          return;
        }
        // A head of the next size may take what a byte more would need.
        expect(usedBytes).toBeGreaterThanOrEqual(room - 2);
        expect(rest.primary.fragment).toEqual({ offset: payloadOf(first).length, totalBytes: sizeBytes });
        expect(payloadOf(first).length + payloadOf(rest).length).toBe(sizeBytes);
      }),
    );
  });

  it('can be split again on the way', () => {
    const bundle = sample({ payload: counting(5000) });
    const parts = fragmentBundle(bundle, 1500).flatMap((part) => fragmentBundle(part, 400));
    expect(parts.every((part) => encodeBundle(part).length <= 400)).toBe(true);
    const held = reassembler();
    expect(
      parts
        .reverse()
        .map((part) => held.add(part, NOW_MS))
        .at(-1),
    ).toEqual(bundle);
    expect(held.heldBytes).toBe(0);
  });

  it('carries in every fragment what says how to treat it, and the rest in the first', () => {
    const label = { level: 3, compartments: ['a'], releasability: [] };
    const aged = withBlock(withBlock(sample({ payload: counting(900) }), PRECEDENCE, 'flash'), LABEL, label);
    const once = { type: 222, number: 20, flags: 0, crc: 'none' as const, data: counting(3) };
    const age = { ...once, type: 7, number: 21, data: Uint8Array.of(5) };
    const bundle = { ...aged, blocks: [once, age, ...aged.blocks] };
    const [first, ...others] = fragmentBundle(bundle, 300);
    expect(first!.blocks).toHaveLength(5);
    expect(others.length).toBeGreaterThan(2);
    for (const part of others) {
      expect(part.blocks.map(({ type }) => type)).not.toContain(222);
      expect(blockValue(part, PRECEDENCE)).toBe('flash');
      expect(blockValue(part, LABEL)).toEqual(label);
      expect(blockValue(part, BUNDLE_AGE)).toBe(5);
    }
  });

  it('refuses what must not be fragmented, and rooms without room', () => {
    const whole = sample({ flags: BUNDLE_FLAGS.mustNotFragment, payload: counting(900) });
    expect(() => splitBundle(whole, 500)).toThrow(/must not be fragmented/);
    expect(splitBundle(whole, 5000)?.first).toBe(whole);
    expect(() => fragmentBundle(sample(), 20)).toThrow(/No fragment/);
    for (const room of [0, -1, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(splitBundle(sample(), room)).toBeUndefined();
    }
  });

  it('says how much room would do', () => {
    const bundle = sample({ payload: counting(90) });
    let fix = '';
    try {
      fragmentBundle(bundle, 20);
    } catch (error) {
      ({ fix } = error as { fix: string });
    }
    const roomy = Number(/\d+/.exec(fix)![0]);
    expect(fragmentBundle(bundle, roomy).length).toBeGreaterThan(30);
  });
});

describe('putting fragments together', () => {
  const bundle = sample({ payload: counting(3000) });
  const parts = fragmentBundle(bundle, 600);

  it('returns what is no fragment at once', () => {
    expect(reassembler().add(bundle, NOW_MS)).toBe(bundle);
  });

  it('keeps bundles apart that differ in source, time, sequence or size', () => {
    const held = reassembler();
    const other = fragmentBundle(sample({ payload: counting(3000), source: 'ipn:1.8' }), 600);
    for (const place of parts.keys()) {
      const wholes = [held.add(parts[place]!, NOW_MS), held.add(other[place]!, NOW_MS)];
      expect(wholes.map((whole) => whole?.primary.source)).toEqual(
        place === parts.length - 1 ? ['ipn:1.7', 'ipn:1.8'] : [undefined, undefined],
      );
    }
  });

  it('refuses a fragment that disagrees, and goes on with the others', () => {
    const held = reassembler();
    held.add(parts[0]!, NOW_MS);
    const forged = payloadOf(parts[0]!).slice();
    forged[5]! ^= 1;
    const last = parts[0]!.blocks.at(-1)!;
    const liar = { ...parts[0]!, blocks: [{ ...last, data: forged }] };
    expect(() => held.add(liar, NOW_MS)).toThrow(/disagree about byte 5/);
    expect(
      parts
        .slice(1)
        .map((part) => held.add(part, NOW_MS))
        .at(-1),
    ).toEqual(bundle);
  });

  it('refuses what it could not hold, source by source', () => {
    const held = reassembler({ wholeBytesMax: 2999 });
    expect(() => held.add(parts[0]!, NOW_MS)).toThrow(expect.objectContaining({ reason: 'too-large' }));
    const small = reassembler({ sourceBytesMax: 2000 });
    small.add(parts[0]!, NOW_MS);
    expect(() => parts.map((part) => small.add(part, NOW_MS))).toThrow(
      expect.objectContaining({ reason: 'flooding' }),
    );
    const [other] = fragmentBundle(sample({ payload: counting(3000), source: 'ipn:1.8' }), 600);
    expect(() => small.add(other!, NOW_MS)).not.toThrow();
  });

  it('holds a bounded amount under a flood of empty fragments, and lets it go at expiry', () => {
    const held = reassembler({ sourceBytesMax: 50_000 });
    const empty = (sequence: number): Bundle => {
      const { primary, blocks } = sample({
        flags: 1,
        payload: counting(0),
        creation: { dtnMs: NOW_DTN_MS, sequence },
      });
      return { blocks, primary: { ...primary, fragment: { offset: 9, totalBytes: 10 } } };
    };
    const flood = () => {
      for (let sequence = 0; sequence < 10_000; sequence++) held.add(empty(sequence), NOW_MS);
    };
    expect(flood).toThrow(expect.objectContaining({ reason: 'flooding' }));
    expect(held.heldBytes).toBeLessThanOrEqual(50_000);
    expect(held.expire(NOW_MS + 59_999)).toBe(0);
    expect(held.expire(NOW_MS + 60_000)).toBeGreaterThan(50);
    expect(held.heldBytes).toBe(0);
  });

  it('does not allocate what a fragment only claims', () => {
    const held = reassembler({ wholeBytesMax: Number.MAX_SAFE_INTEGER });
    const { primary, blocks } = sample({ flags: 1, payload: counting(1) });
    const fragment = { offset: 2 ** 52, totalBytes: Number.MAX_SAFE_INTEGER };
    expect(held.add({ blocks, primary: { ...primary, fragment } }, NOW_MS)).toBeUndefined();
    expect(held.heldBytes).toBeLessThan(1000);
  });

  it('refuses expired fragments', () => {
    expect(() => reassembler().add(parts[0]!, NOW_MS + 60_000)).toThrow(
      expect.objectContaining({ reason: 'expired' }),
    );
  });
});
