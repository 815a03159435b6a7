import { describe, expect, it } from 'vitest';
import { checkAppendix } from '../../../bench/network/rfc9173.ts';

const appendix = checkAppendix();

describe.skipIf(appendix === undefined)('RFC 9173, appendix A (needs ../shared/data)', () => {
  it('comes out byte by byte, every string of every case, and its bundles open', () => {
    expect(appendix!.findings).toEqual([]);
    expect(appendix!.produced).toBe(appendix!.strings);
    expect(appendix!.taken).toBe(appendix!.cases);
    expect(appendix!.strings).toBeGreaterThanOrEqual(40);
  });
});
