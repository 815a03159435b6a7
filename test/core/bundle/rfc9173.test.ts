/** Every string of RFC 9173, appendix A.1 to A.4, made and taken. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Bundle, PAYLOAD_NUMBER, PRIMARY_NUMBER, payloadOf } from '../../../core/bundle/bundle.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle, encodePrimary } from '../../../core/bundle/encode.ts';
import { decodeSecurityData } from '../../../core/bundle/security/abstract-block.ts';
import { decryptBlocks, encryptTogether } from '../../../core/bundle/security/confidentiality.ts';
import { addIntegrity, verifyIntegrity, withoutIntegrity } from '../../../core/bundle/security/integrity.ts';
import { hex, unhex } from './samples.ts';

const FILE = join(import.meta.dirname, '../../../../shared/data/bundle-protocol/rfc9173_vectors.json');
const isThere = existsSync(FILE);

interface Vector {
  case: string;
  label: string;
  hex: string;
}
const vectors = isThere ? (JSON.parse(readFileSync(FILE, 'utf8')) as { vectors: Vector[] }).vectors : [];
const ofCase = (name: string): Vector[] => vectors.filter((vector) => vector.case.includes(name));
const bundles = (name: string): string[] =>
  ofCase(name).flatMap(({ label, hex: text }) => (label === 'expectedSerializedBundleString' ? [text] : []));

/** The keys and vector of the appendix. */
const HMAC_KEY = unhex('1a2b'.repeat(8));
const KEK = unhex('6162636465666768696a6b6c6d6e6f70');
const AES_128_KEY = unhex('71776572747975696f70617364666768');
const AES_256_KEY = unhex('71776572747975696f70617364666768'.repeat(2));
const IV = unhex('5477656c7665313231323132');
const WITH_KEYS = { source: 'ipn:2.1', iv: IV, scope: 0 };

const CASES: { name: string; protect: (plain: Bundle) => Bundle; aes: Uint8Array; verified: number[] }[] = [
  {
    name: 'SimpleIntegrity',
    protect: (plain) =>
      addIntegrity(plain, {
        targets: [PAYLOAD_NUMBER],
        source: 'ipn:2.1',
        key: HMAC_KEY,
        bits: 512,
        scope: 0,
      }),
    aes: AES_128_KEY,
    verified: [1],
  },
  {
    name: 'SimpleConfidentialityWithKeyWrap',
    protect: (plain) =>
      encryptTogether(plain, { ...WITH_KEYS, targets: [PAYLOAD_NUMBER], key: AES_128_KEY, wrappedBy: KEK }),
    aes: KEK,
    verified: [],
  },
  {
    name: 'SecurityBlocksFromMultipleSources',
    protect: (plain) =>
      encryptTogether(
        addIntegrity(plain, {
          targets: [PRIMARY_NUMBER, 2],
          source: 'ipn:3.0',
          key: HMAC_KEY,
          bits: 256,
          scope: 0,
        }),
        { ...WITH_KEYS, targets: [PAYLOAD_NUMBER], key: AES_128_KEY },
      ),
    aes: AES_128_KEY,
    verified: [0, 2],
  },
  {
    name: 'SecurityBlocksWithFullScope',
    protect: (plain) =>
      encryptTogether(
        addIntegrity(plain, { targets: [PAYLOAD_NUMBER], source: 'ipn:2.1', key: HMAC_KEY, number: 3 }),
        { source: 'ipn:2.1', iv: IV, targets: [3, PAYLOAD_NUMBER], key: AES_256_KEY, number: 2 },
      ),
    aes: AES_256_KEY,
    verified: [1],
  },
];

/** Every byte string that the bundle, its parts and its plaintext have. */
function stringsOf(plain: Bundle, sent: Bundle, opened: Bundle): Set<string> {
  const strings = new Set([
    hex(encodeBundle(plain)),
    hex(encodeBundle(sent)),
    hex(encodePrimary(sent.primary)),
  ]);
  const primaryBytes = encodePrimary(sent.primary).length;
  for (const bundle of [plain, sent, opened]) {
    for (const block of bundle.blocks) {
      const alone = encodeBundle({ ...bundle, blocks: [{ ...block, type: 1, number: 1 }] }).slice(
        1 + primaryBytes,
        -1,
      );
      // Made as a payload to stand alone; its type and number are put back.
      alone[1] = block.type;
      alone[2] = block.number;
      strings.add(hex(alone)).add(hex(block.data));
      if (block.type !== 11 && block.type !== 12) continue;
      if (bundle === sent && block.type === 11 && isEncrypted(sent, block.number)) continue;
      const { parameters, results } = decodeSecurityData(block);
      for (const [, value] of [...parameters, ...results.flat()]) {
        if (value instanceof Uint8Array) strings.add(hex(value));
      }
    }
  }
  return strings;
}

const isEncrypted = (bundle: Bundle, number: number): boolean =>
  bundle.blocks.some((block) => block.type === 12 && decodeSecurityData(block).targets.includes(number));

describe.skipIf(!isThere)('RFC 9173, appendix A (needs ../shared/data)', () => {
  it.each(CASES)('$name is produced byte by byte, every string of it', ({ name, protect, aes }) => {
    const [before, ...rest] = bundles(name);
    const plain = decodeBundle(unhex(before!));
    const sent = protect(plain);
    expect(hex(encodeBundle(sent))).toBe(rest.at(-1));
    const opened = decryptBlocks(sent, { keyOf: () => aes });
    const strings = stringsOf(plain, sent, opened);
    expect(ofCase(name).length).toBeGreaterThan(5);
    for (const { label, hex: text } of ofCase(name)) expect(strings, label).toContain(text);
  });

  it.each(CASES)('$name is taken, and gives the plain bundle', ({ name, aes, verified }) => {
    const [before, ...rest] = bundles(name);
    const sent = decodeBundle(unhex(rest.at(-1)!));
    const opened = decryptBlocks(sent, { keyOf: () => aes });
    const checks = verifyIntegrity(opened, { keyOf: () => HMAC_KEY, required: verified });
    expect(checks.map(({ target }) => target)).toEqual(verified);
    expect(new TextDecoder().decode(payloadOf(opened))).toBe('Ready to generate a 32-byte payload');
    expect(hex(encodeBundle(withoutIntegrity(opened)))).toBe(before);
  });

  it('covers all cases that there are', () => {
    const names = new Set(vectors.map((vector) => vector.case));
    expect([...names].filter((name) => !CASES.some((known) => name.includes(known.name)))).toEqual([]);
  });
});
