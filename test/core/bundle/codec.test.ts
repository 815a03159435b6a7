import { decode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bundle, BUNDLE_FLAGS, type CanonicalBlock } from '../../../core/bundle/bundle.ts';
import { crc16X25, crc32c } from '../../../core/bundle/crc.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle, encodedBytes } from '../../../core/bundle/encode.ts';
import type { RefusalReason } from '../../../core/bundle/refusal.ts';
import { bundlesOf, hex, refusal, sample, unhex } from './samples.ts';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('the CRCs', () => {
  it('have the check values of their catalogue', () => {
    expect(crc16X25(ascii('123456789'))).toBe(0x906e);
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
    // RFC 3720, appendix B.4.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });

  it('count zeros that are not there', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(9), (bytes, zeros) => {
        const whole = Uint8Array.from([...bytes, ...new Uint8Array(zeros)]);
        expect(crc16X25(bytes, 0, bytes.length, zeros)).toBe(crc16X25(whole));
        expect(crc32c(bytes, 0, bytes.length, zeros)).toBe(crc32c(whole));
      }),
    );
  });
});

describe('a bundle', () => {
  it('is the same after encoding and decoding, and so are its bytes', () => {
    fc.assert(
      fc.property(bundlesOf(), (bundle) => {
        const bytes = encodeBundle(bundle);
        const decoded = decodeBundle(bytes);
        expect(decoded).toEqual(bundle);
        expect(hex(encodeBundle(decoded))).toBe(hex(bytes));
        expect(encodedBytes(bundle)).toBe(bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it('has the elements of RFC 9171 for a decoder that knows nothing of bundles', () => {
    const bytes = encodeBundle(sample({ crc: 'none' }));
    const items = decode(bytes) as unknown[];
    expect(items).toEqual([
      [7, 0, 0, [1, '//ground/tasks'], [2, [1, 7]], [2, [1, 0]], [expect.any(Number), 4], 60_000],
      [1, 1, 0, 0, ascii('a message that takes its time')],
    ]);
  });

  it('takes payloads whose length needs every size of head', () => {
    for (const size of [0, 23, 24, 255, 256, 65_535, 65_536, 1_200_000]) {
      const bundle = sample({ payload: new Uint8Array(size).fill(size) });
      const bytes = encodeBundle(bundle);
      expect(encodedBytes(bundle)).toBe(bytes.length);
      expect(hex(decodeBundle(bytes).blocks[0]!.data)).toBe(hex(bundle.blocks[0]!.data));
    }
  });

  it('is refused as corrupt when any bit of a block with a CRC flips, or as something worse', () => {
    const bytes = encodeBundle(sample());
    const reasons = new Map<RefusalReason, number>();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const { reason } = refusal(() => decodeBundle(flipped));
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect(reasons.get('corrupt')).toBeGreaterThan(bytes.length * 4);
  });

  it('is refused when cut off anywhere, or when anything follows', () => {
    const bytes = encodeBundle(sample());
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(() => decodeBundle(bytes.subarray(0, length))).reason).toBe('malformed');
    }
    expect(refusal(() => decodeBundle(Uint8Array.of(...bytes, 0))).message).toMatch(
      /followed by 1 more byte/,
    );
  });
});

/** No CRC: destination dtn:none, source ipn:1.1, all hand-written. */
const head = '880700008201008202820101820100821a000f42400119ea60';
const payload = '850101000041ff';

describe('decoding refuses', () => {
  it('takes the bundle that the refused ones differ from', () => {
    expect(decodeBundle(unhex(`9f${head}${payload}ff`)).primary.source).toBe('ipn:1.1');
  });

  it.each<[string, string, RefusalReason, RegExp]>([
    ['nothing', '', 'malformed', /bytes end where the bundle was due.*byte 0/],
    ['a definite outer array', `82${head}${payload}`, 'malformed', /indefinite-length array/],
    ['no blocks', `9f${head}ff`, 'malformed', /no payload block/],
    ['another version', `9f${head.replace('8807', '8806')}${payload}ff`, 'unsupported', /version 6, not 7/],
    [
      'an element too many',
      `9f${head.replace('88', '89')}00${payload}ff`,
      'malformed',
      /9 elements where .* make 8/,
    ],
    ['a length of 2^64 - 1', `9f9bffffffffffffffff${payload}ff`, 'malformed', /version is an array/],
    [
      'a head longer than needed',
      `9f${head.replace('8807', '881807')}${payload}ff`,
      'malformed',
      /head of 2 bytes where fewer do/,
    ],
    [
      'the CRC type 3',
      `9f${head.replace('88070000', '88070003')}${payload}ff`,
      'unsupported',
      /CRC type is 3/,
    ],
    [
      'a negative integer',
      `9f${head.replace('8807', '8826')}${payload}ff`,
      'malformed',
      /negative integer, not an unsigned/,
    ],
    [
      'a float',
      `9f${head.replace('8807', '88fb3ff0000000000000')}${payload}ff`,
      'malformed',
      /simple value or float/,
    ],
    ['a tag', `9f${head.replace('8807', '88c007')}${payload}ff`, 'malformed', /is a tag/],
    ['an indefinite inner array', `9f9f${head.slice(2)}ff${payload}ff`, 'malformed', /indefinite length/],
    ['an indefinite byte string', `9f${head}85010100005f41ffffff`, 'malformed', /indefinite length/],
    ['data above the end', `9f${head}85010100005bffffffffffffffff00ff`, 'too-large', /above the limit/],
    ['data that is cut off', `9f${head}850101000049ff`, 'malformed', /cut off: 1 of 9 bytes/],
    ['a break within a block', `9f${head}8501ff`, 'malformed', /break came/],
    ['an unknown scheme', `9f${head.replace('820100', '820300')}${payload}ff`, 'unsupported', /URI scheme 3/],
    [
      'dtn:none as text',
      `9f${head.replace('820100', '8201646e6f6e65')}${payload}ff`,
      'malformed',
      /not dtn:\/\/node/,
    ],
    ['the dtn path 1', `9f${head.replace('820100', '820101')}${payload}ff`, 'malformed', /dtn path 1/],
    [
      'text that is not UTF-8',
      `9f${head.replace('820100', '820162c328')}${payload}ff`,
      'malformed',
      /not UTF-8/,
    ],
    [
      'an ipn of one number',
      `9f${head.replace('8202820101', '82028101')}${payload}ff`,
      'malformed',
      /1 ipn elements/,
    ],
    [
      'a lifetime above 2^53',
      `9f${head.replace('19ea60', '1b0020000000000000')}${payload}ff`,
      'unsupported',
      /lifetime is above 2\^53/,
    ],
    ['two payloads', `9f${head}${payload}${payload}ff`, 'malformed', /follows the payload/],
    ['a payload that is not last', `9f${head}${payload}85070200004105ff`, 'malformed', /follows the payload/],
    ['no payload', `9f${head}85070200004105ff`, 'malformed', /last block is not the payload/],
    ['the payload under another number', `9f${head}850102000041ffff`, 'malformed', /type 1 and the number 2/],
    [
      'another block under the payload’s number',
      `9f${head}85070100004105${payload}ff`,
      'malformed',
      /type 7 and the number 1/,
    ],
    [
      'a number twice',
      `9f${head}85070200004105850a0200004105${payload}ff`,
      'malformed',
      /two blocks have the number 2/,
    ],
    [
      'a type that may be there once twice',
      `9f${head}8507020000410585070300004105${payload}ff`,
      'malformed',
      /two blocks have the type 7/,
    ],
    ['the block number 0', `9f${head}85070000004105${payload}ff`, 'malformed', /number 0, which is reserved/],
    ['the type 0', `9f${head}85000200004105${payload}ff`, 'malformed', /type or number 0/],
    ['a CRC of another size', `9f${head}860101000141ff4100ff`, 'malformed', /CRC has 1 bytes, not 2/],
    ['a wrong CRC', `9f${head}860101000141ff420000ff`, 'corrupt', /CRC of a block/],
  ])('%s', (_, text, reason, message) => {
    const refused = refusal(() => decodeBundle(unhex(text)));
    expect(refused.message).toMatch(message);
    expect(refused.reason).toBe(reason);
    expect(refused.offset).toBeTypeOf('number');
    expect(refused.fix.length).toBeGreaterThan(10);
  });

  it('what is larger than the limit, before looking at it', () => {
    expect(refusal(() => decodeBundle(new Uint8Array(1001), { bundleBytesMax: 1000 })).reason).toBe(
      'too-large',
    );
  });

  it('a flood of blocks', () => {
    const blocks = Array.from(
      { length: 65 },
      (_, number) => `8518c818${(number + 30).toString(16)}000040`,
    ).join('');
    expect(refusal(() => decodeBundle(unhex(`9f${head}${blocks}${payload}ff`))).reason).toBe('too-large');
  });
});

const altered = (change: Partial<Bundle['primary']>, blocks: CanonicalBlock[] = []): Bundle => {
  const bundle = sample();
  return { primary: { ...bundle.primary, ...change }, blocks: [...blocks, ...bundle.blocks] };
};
const block = (change: Partial<CanonicalBlock>): CanonicalBlock => ({
  type: 200,
  number: 2,
  flags: 0,
  crc: 'none',
  data: ascii('x'),
  ...change,
});

describe('encoding refuses', () => {
  it.each<[string, Bundle, RegExp]>([
    ['a lifetime that is no number', altered({ lifetimeMs: Number.NaN }), /the lifetime is NaN/],
    ['a negative lifetime', altered({ lifetimeMs: -1 }), /the lifetime is -1/],
    ['an endless lifetime', altered({ lifetimeMs: Number.POSITIVE_INFINITY }), /Infinity/],
    ['a fraction', altered({ creation: { dtnMs: 0.5, sequence: 0 } }), /creation time is 0.5/],
    ['an unknown CRC', altered({ crc: 'md5' as 'none' }), /CRC type is "md5"/],
    ['no endpoint', altered({ destination: 'http://x' }), /"http:\/\/x" is no endpoint/],
    ['an endpoint without a service', altered({ destination: 'dtn://x' }), /is no endpoint/],
    ['an ipn number above 2^64', altered({ source: `ipn:${2n ** 64n}.0` }), /is no endpoint/],
    ['an allocator above 2^32', altered({ source: `ipn:${2n ** 32n}.0.1` }), /is no endpoint/],
    ['a leading zero', altered({ source: 'ipn:01.1' }), /is no endpoint/],
    ['an anonymous source that may be fragmented', altered({ source: 'dtn:none' }), /the source dtn:none/],
    ['an anonymous source of the ipn scheme', altered({ source: 'ipn:0.0' }), /the source ipn:0.0/],
    [
      'reports about reports',
      altered({ flags: BUNDLE_FLAGS.isAdministrative | BUNDLE_FLAGS.reportDelivery }),
      /status reports about/,
    ],
    ['a fragment without its flag', altered({ fragment: { offset: 0, totalBytes: 100 } }), /not the flag/],
    ['the flag without a fragment', altered({ flags: BUNDLE_FLAGS.isFragment }), /no fragment offset/],
    [
      'a fragment of what must not be fragmented',
      altered({ flags: 5, fragment: { offset: 0, totalBytes: 100 } }),
      /must not be fragmented/,
    ],
    [
      'a fragment beyond the whole',
      altered({ flags: 1, fragment: { offset: 90, totalBytes: 100 } }),
      /beyond the whole of 100/,
    ],
    ['two blocks of a number', altered({}, [block({}), block({})]), /two blocks have the number 2/],
    ['a block of the number 1', altered({}, [block({ number: 1 })]), /belong to the payload/],
    ['no blocks', { ...sample(), blocks: [] }, /no payload block/],
  ])('%s', (_, bundle, message) => {
    const refused = refusal(() => encodeBundle(bundle));
    expect(refused.message).toMatch(message);
    expect(refused.reason).toBe('malformed');
  });

  it('more blocks than any use has', () => {
    const many = Array.from({ length: 64 }, (_, place) => block({ number: place + 2 }));
    expect(refusal(() => encodeBundle(altered({}, many))).reason).toBe('too-large');
  });
});
