import { describe, expect, it } from 'vitest';
import { compareWithTshark } from '../../../bench/network/bundle-dissection.ts';
import { sampleBundles } from '../../../bench/network/bundle-samples.ts';
import { dissect, tsharkVersion } from '../../../bench/network/tshark.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle } from '../../../core/bundle/encode.ts';

const bundles = sampleBundles(10_000);

describe('ten thousand generated bundles', () => {
  it('are what they were after encoding and decoding, of all kinds', () => {
    for (const bundle of bundles) expect(decodeBundle(encodeBundle(bundle))).toEqual(bundle);
    const types = new Set(bundles.flatMap(({ blocks }) => blocks.map(({ type }) => type)));
    expect([...types].sort((a, b) => a - b)).toEqual([1, 6, 7, 10, 11, 12, 192, 193, 194]);
    expect(bundles.filter(({ primary }) => primary.fragment).length).toBeGreaterThan(1000);
  });

  describe.skipIf(tsharkVersion() === undefined)('given to tshark (needs it on the path)', () => {
    it('are well-formed, with good CRCs and every field as it was written', { timeout: 120_000 }, () => {
      const result = compareWithTshark(bundles);
      expect(result.findings).toEqual([]);
      expect(result).toMatchObject({ bundles: bundles.length, malformed: 0 });
      expect(result.values).toBeGreaterThan(200_000);
    });

    it('fail there when they are damaged, so that the check can', () => {
      const bytes = encodeBundle(bundles.find(({ blocks }) => blocks.at(-1)!.crc === 'crc32c')!);
      // The last byte of the payload: before it, a break, a CRC and its head follow.
      const last = bytes.length - 7;
      const [damaged] = dissect([bytes.with(last, bytes[last]! ^ 1)], ['bpv7.crc_status']);
      expect(damaged!['bpv7.crc_status'].at(-1)).toBe('0');
      const [cut] = dissect([bytes.subarray(0, 60)], ['_ws.malformed']);
      expect(cut!['_ws.malformed'].length).toBeGreaterThan(0);
    });
  });
});
