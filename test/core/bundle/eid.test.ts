import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CborReader } from '../../../core/bundle/cbor-reader.ts';
import { canonicalEid, checkedEid, encodeEid, isNullEndpoint, readEid } from '../../../core/bundle/eid.ts';
import { BundleRefused } from '../../../core/bundle/refusal.ts';
import { eids, hex, unhex } from './samples.ts';

const decoded = (text: string) => readEid(new CborReader(unhex(text)), 'the endpoint');

describe('an endpoint identifier', () => {
  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(eids, (eid) => {
        const bytes = encodeEid(eid);
        expect(readEid(new CborReader(bytes), 'the endpoint')).toBe(eid);
        expect(checkedEid(eid)).toBe(eid);
      }),
      { numRuns: 500 },
    );
  });

  it('has the encodings of RFC 9171 and RFC 9758', () => {
    expect(hex(encodeEid('dtn:none'))).toBe('820100');
    expect(hex(encodeEid('dtn://a/'))).toBe('8201642f2f612f');
    expect(hex(encodeEid('ipn:2.1'))).toBe('8202820201');
    // RFC 9758, section 6: the same endpoint with two elements and with three.
    expect(decoded('8202821b000ee8680000006401')).toBe('ipn:4196183048192100.1');
    expect(decoded('8202831a000ee868186401')).toBe('ipn:977000.100.1');
    expect(decoded('8202821bffffffffffffffff1bffffffffffffffff')).toBe(
      `ipn:${2n ** 64n - 1n}.${2n ** 64n - 1n}`,
    );
  });

  it('names the same endpoint in both forms of ipn', () => {
    expect(canonicalEid('ipn:977000.100.1')).toBe('ipn:4196183048192100.1');
    expect(canonicalEid('ipn:0.100.1')).toBe('ipn:100.1');
    expect(canonicalEid('ipn:100.1')).toBe('ipn:100.1');
    expect(canonicalEid('dtn://a.b.c/d')).toBe('dtn://a.b.c/d');
  });

  it('is of nobody as dtn:none and as ipn:0.0', () => {
    expect(['dtn:none', 'ipn:0.0', 'ipn:0.0.0'].every(isNullEndpoint)).toBe(true);
    expect(
      ['ipn:0.1', 'ipn:1.0', 'ipn:0.0.1', 'ipn:0.01', 'dtn://none/'].some((eid) => {
        try {
          return isNullEndpoint(eid);
        } catch {
          return false;
        }
      }),
    ).toBe(false);
  });

  it.each([
    '',
    'ipn:',
    'ipn:1',
    'ipn:1.2.3.4',
    'ipn:-1.0',
    'ipn:1e3.0',
    'dtn:',
    'dtn:none ',
    'dtn://',
    'dtn:///x',
    'dtn://a b/',
    'dtn://a/\n',
    `dtn://${'a'.repeat(2000)}/`,
    'DTN:none',
  ])('refuses %j', (text) => expect(() => checkedEid(text)).toThrow(BundleRefused));

  it('refuses numbers with allocators above 32 bits', () => {
    expect(() => decoded('8202831b00000001000000000101')).toThrow(/above 2\^32/);
  });
});
