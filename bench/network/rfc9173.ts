/** The strings of RFC 9173, appendix A: what makes them, and what takes them. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Bundle, PAYLOAD_NUMBER, PRIMARY_NUMBER } from '../../core/bundle/bundle.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { encodeBundle, encodePrimary } from '../../core/bundle/encode.ts';
import {
  decodeSecurityData,
  encryptedNumbers,
  isSecurityBlock,
} from '../../core/bundle/security/abstract-block.ts';
import { decryptBlocks, encryptTogether } from '../../core/bundle/security/confidentiality.ts';
import { addIntegrity, verifyIntegrity, withoutIntegrity } from '../../core/bundle/security/integrity.ts';

const FILE = resolve(import.meta.dirname, '../../../shared/data/bundle-protocol/rfc9173_vectors.json');

interface Vector {
  case: string;
  label: string;
  hex: string;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Keys and vector of the appendix. */
const HMAC_KEY = unhex('1a2b'.repeat(8));
const KEK = unhex('6162636465666768696a6b6c6d6e6f70');
const AES_128_KEY = unhex('71776572747975696f70617364666768');
const AES_256_KEY = unhex('71776572747975696f70617364666768'.repeat(2));
const SECRET = { source: 'ipn:2.1', iv: unhex('5477656c7665313231323132') };
const SIGNED = { source: 'ipn:2.1', key: HMAC_KEY, targets: [PAYLOAD_NUMBER] };

interface Case {
  /** A part of its name in the file. */
  name: string;
  protect: (plain: Bundle) => Bundle;
  /** What opens its confidentiality blocks. */
  key: Uint8Array;
  /** Targets under integrity blocks. */
  verified: readonly number[];
}

const CASES: readonly Case[] = [
  {
    name: 'SimpleIntegrity',
    protect: (plain) => addIntegrity(plain, { ...SIGNED, bits: 512, scope: 0 }),
    key: AES_128_KEY,
    verified: [PAYLOAD_NUMBER],
  },
  {
    name: 'SimpleConfidentialityWithKeyWrap',
    protect: (plain) =>
      encryptTogether(plain, {
        ...SECRET,
        targets: [PAYLOAD_NUMBER],
        key: AES_128_KEY,
        wrappedBy: KEK,
        scope: 0,
      }),
    key: KEK,
    verified: [],
  },
  {
    name: 'SecurityBlocksFromMultipleSources',
    protect: (plain) => {
      const over = { ...SIGNED, source: 'ipn:3.0', targets: [PRIMARY_NUMBER, 2] };
      const signed = addIntegrity(plain, { ...over, bits: 256, scope: 0 });
      return encryptTogether(signed, { ...SECRET, targets: [PAYLOAD_NUMBER], key: AES_128_KEY, scope: 0 });
    },
    key: AES_128_KEY,
    verified: [PRIMARY_NUMBER, 2],
  },
  {
    name: 'SecurityBlocksWithFullScope',
    protect: (plain) => {
      const signed = addIntegrity(plain, { ...SIGNED, number: 3 });
      return encryptTogether(signed, {
        ...SECRET,
        targets: [3, PAYLOAD_NUMBER],
        key: AES_256_KEY,
        number: 2,
      });
    },
    key: AES_256_KEY,
    verified: [PAYLOAD_NUMBER],
  },
];

export interface Appendix {
  cases: number;
  strings: number;
  /** Of the strings, those that come out byte by byte. */
  produced: number;
  /** Bundles of the appendix that verify, open and are then the plain ones. */
  taken: number;
  /** What is not so. */
  findings: string[];
}

/** Makes and takes every string; undefined without the reference data. */
export function checkAppendix(): Appendix | undefined {
  if (!existsSync(FILE)) return undefined;
  const { vectors } = JSON.parse(readFileSync(FILE, 'utf8')) as { vectors: Vector[] };
  const names = [...new Set(vectors.map((vector) => vector.case))];
  const result: Appendix = {
    cases: names.length,
    strings: vectors.length,
    produced: 0,
    taken: 0,
    findings: [],
  };
  for (const name of names) {
    const known = CASES.find((one) => name.includes(one.name));
    if (known === undefined) result.findings.push(`${name} is not known here`);
    else
      checkCase(
        known,
        vectors.filter((vector) => vector.case === name),
        result,
      );
  }
  return result;
}

function checkCase({ name, protect, key, verified }: Case, vectors: Vector[], result: Appendix): void {
  const bundles = vectors.filter(({ label }) => label === 'expectedSerializedBundleString');
  const [before, after] = [bundles[0]!.hex, bundles.at(-1)!.hex];
  const plain = decodeBundle(unhex(before));
  const sent = protect(plain);
  const strings = stringsOf(plain, sent, decryptBlocks(sent, { keyOf: () => key }));
  if (hex(encodeBundle(sent)) !== after) result.findings.push(`${name}: the whole bundle differs`);
  for (const vector of vectors) {
    if (strings.has(vector.hex)) result.produced++;
    else result.findings.push(`${name}: ${vector.label} ${vector.hex} is not produced`);
  }
  const opened = decryptBlocks(decodeBundle(unhex(after)), { keyOf: () => key });
  verifyIntegrity(opened, { keyOf: () => HMAC_KEY, required: verified });
  if (hex(encodeBundle(withoutIntegrity(opened))) === before) result.taken++;
  else result.findings.push(`${name}: the bundle is not the plain one when opened`);
}

/** Whole bundles, blocks, their data, and what security blocks hold, of a bundle before, during and after protection. */
function stringsOf(plain: Bundle, sent: Bundle, opened: Bundle): Set<string> {
  const strings = new Set(
    [plain, sent].flatMap((bundle) => [encodeBundle(bundle), encodePrimary(bundle.primary)]).map(hex),
  );
  for (const bundle of [plain, sent, opened]) {
    const encrypted = encryptedNumbers(bundle);
    let rest = hex(encodeBundle(bundle)).slice(2 + 2 * encodePrimary(bundle.primary).length);
    for (const block of bundle.blocks) {
      const data = hex(block.data);
      // The appendix has no CRCs: a block ends with its data.
      const end = rest.indexOf(data) + data.length;
      strings.add(rest.slice(0, end)).add(data);
      rest = rest.slice(end);
      if (!isSecurityBlock(block) || encrypted.has(block.number)) continue;
      const { parameters, results } = decodeSecurityData(block);
      for (const [, value] of [...parameters, ...results.flat()]) {
        if (typeof value !== 'number') strings.add(hex(value));
      }
    }
  }
  return strings;
}
