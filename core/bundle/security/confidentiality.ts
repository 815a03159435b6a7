import { gcm } from '@noble/ciphers/aes.js';
import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  type Bundle,
  type CanonicalBlock,
  freeNumber,
  PAYLOAD_NUMBER,
  PRIMARY_NUMBER,
} from '../bundle.ts';
import { CborWriter } from '../cbor-writer.ts';
import type { Eid } from '../eid.ts';
import { BundleRefused } from '../refusal.ts';
import {
  CONTEXTS,
  decodeSecurityData,
  encodeSecurityData,
  encryptedNumbers,
  type IdValue,
  parameter,
  refuseFragment,
  refuseOtherIds,
  SCOPE_ALL,
  type SecurityData,
  targetBlock,
  withSecurityBlock,
} from './abstract-block.ts';
import { withoutCrcs } from './integrity.ts';
import { type KeyLookup, type ProtectionKey, resolveKey, wrapKey } from './keys.ts';
import { writeScope } from './protected-text.ts';

/** Codes of RFC 9173, section 4.3.2, by the key's bytes. */
const VARIANT_OF_KEY_BYTES: Record<number, number> = { 16: 1, 32: 3 };
const KEY_BYTES_OF_VARIANT: Record<number, number> = { 1: 16, 3: 32 };
const VARIANT_DEFAULT = 3;

const PARAMETERS = { iv: 1, variant: 2, wrappedKey: 3, scope: 4 };
const RESULTS = { tag: 1 };
const TAG_BYTES = 16;
const IV_BYTES = 12;

export interface ConfidentialityOptions extends ProtectionKey {
  /** Of 16 bytes for AES-128 or 32 for AES-256. */
  key: Uint8Array;
  source: Eid;
  /**
   * What to encrypt and the initialization vector of each, 12 bytes that are never used twice with the key
   * (RFC 9173, section 4.3.1). Each target gets a block of its own, because a block has one vector.
   */
  targets: readonly { number: number; iv: Uint8Array }[];
  /** Sum of `SCOPE`; all unless given. */
  scope?: number;
}

/**
 * Encrypts blocks with AES-GCM and adds block confidentiality blocks of the context BCB-AES-GCM (RFC 9173, section 4).
 * An integrity block over a target has to be among the targets (RFC 9172, section 3.8): it would tell what the target was.
 * Throws `BundleRefused` for targets that RFC 9172 forbids, vectors given twice, and fragments.
 */
export function encryptBlocks(bundle: Bundle, options: ConfidentialityOptions): Bundle {
  const numbers = options.targets.map(({ number }) => number);
  checkTargets(bundle, numbers);
  const ivs = new Set(options.targets.map(({ iv }) => String(iv)));
  if (ivs.size < numbers.length) {
    throw new BundleRefused('malformed', 'Two targets have the same initialization vector', {
      fix: 'Give each target its own: used twice with a key, it lays open both plaintexts and lets others forge.',
    });
  }
  return options.targets.reduce(
    (protectedSoFar, { number, iv }) => addBlock(protectedSoFar, { ...options, targets: [number], iv }),
    bundle,
  );
}

export interface SharedVectorOptions extends Omit<ConfidentialityOptions, 'targets'> {
  targets: readonly number[];
  iv: Uint8Array;
  /** The number of the new block; the lowest free one unless given. */
  number?: number;
}

/**
 * One confidentiality block with one vector for all targets, as in RFC 9173, appendix A.4. With more than one target
 * the key is used twice with the vector, which breaks AES-GCM: it is here for the appendix; use `encryptBlocks`.
 */
export function encryptTogether(bundle: Bundle, options: SharedVectorOptions): Bundle {
  checkTargets(bundle, options.targets);
  return addBlock(bundle, options);
}

function addBlock(bundle: Bundle, options: SharedVectorOptions): Bundle {
  const { targets, key, iv, source, scope = SCOPE_ALL } = options;
  const variant = VARIANT_OF_KEY_BYTES[key.length];
  if (variant === undefined)
    throw new BundleRefused('malformed', `The AES key has ${key.length} bytes, not 16 or 32`);
  if (iv.length !== IV_BYTES) {
    throw new BundleRefused('malformed', `The initialization vector has ${iv.length} bytes, not ${IV_BYTES}`);
  }
  const bare = withoutCrcs(bundle, targets);
  const flags = targets.includes(PAYLOAD_NUMBER) ? BLOCK_FLAGS.replicate : 0;
  const header = { type: BLOCK_TYPES.confidentiality, number: options.number ?? freeNumber(bundle), flags };
  const wrapped = wrapKey(options);
  const parameters: IdValue[] = [
    [PARAMETERS.iv, iv],
    [PARAMETERS.variant, variant],
  ];
  if (wrapped) parameters.push([PARAMETERS.wrappedKey, wrapped]);
  parameters.push([PARAMETERS.scope, scope]);
  const ciphertexts = new Map<number, Uint8Array>();
  const results = targets.map((number): IdValue[] => {
    const target = targetBlock(bare, number);
    const sealed = gcm(key, iv, associatedData(bare, header, target, scope)).encrypt(target.data);
    ciphertexts.set(number, sealed.subarray(0, -TAG_BYTES));
    return [[RESULTS.tag, sealed.slice(-TAG_BYTES)]];
  });
  const data = encodeSecurityData({ targets, context: CONTEXTS.bcbAesGcm, source, parameters, results });
  return withSecurityBlock(withData(bare, ciphertexts), { ...header, crc: 'none', data });
}

/**
 * Decrypts what there are keys for, and takes away the confidentiality blocks that have nothing left to say; others stay.
 * Throws `BundleRefused`: tampered when a tag doesn't match, no-key for targets of `required`, malformed, unsupported.
 */
export function decryptBlocks(
  bundle: Bundle,
  options: { keyOf: KeyLookup; required?: readonly number[] },
): Bundle {
  refuseFragment(bundle);
  const plaintexts = new Map<number, Uint8Array>();
  const done = new Set<number>();
  const layers = bundle.blocks
    .filter(({ type }) => type === BLOCK_TYPES.confidentiality)
    .map((block) => ({ block, data: decodeSecurityData(block) }));
  const encrypted = layers.flatMap(({ data }) => data.targets);
  const twice = encrypted.find((target, place) => encrypted.indexOf(target) < place);
  if (twice !== undefined) throw new BundleRefused('malformed', `Block ${twice} is encrypted twice`);
  for (const { block, data } of layers) {
    const opened = openBlock(bundle, block, data, options.keyOf);
    if (opened === undefined) continue;
    done.add(block.number);
    for (const [number, plaintext] of opened) plaintexts.set(number, plaintext);
  }
  for (const number of options.required ?? []) {
    if (plaintexts.has(number)) continue;
    if (encrypted.includes(number))
      throw new BundleRefused('no-key', `Block ${number} is encrypted with a key that is not known here`);
    throw new BundleRefused('unprotected', `Block ${number} is not encrypted`);
  }
  const decrypted = withData(bundle, plaintexts);
  return { ...decrypted, blocks: decrypted.blocks.filter((block) => !done.has(block.number)) };
}

function openBlock(bundle: Bundle, block: CanonicalBlock, data: SecurityData, keyOf: KeyLookup) {
  refuseOtherIds(data, Object.values(PARAMETERS), Object.values(RESULTS));
  const iv = parameter(data, PARAMETERS.iv, 'bytes');
  if (iv === undefined || iv.length < 8 || iv.length > 16) {
    throw new BundleRefused(
      'malformed',
      `Block ${block.number} has no initialization vector of 8 to 16 bytes`,
    );
  }
  const variant = parameter(data, PARAMETERS.variant, 'number') ?? VARIANT_DEFAULT;
  const keyBytes = KEY_BYTES_OF_VARIANT[variant];
  if (keyBytes === undefined)
    throw new BundleRefused('unsupported', `The AES variant ${variant} is neither 1 nor 3`);
  const scope = parameter(data, PARAMETERS.scope, 'number') ?? SCOPE_ALL;
  const wrapped = parameter(data, PARAMETERS.wrappedKey, 'bytes');
  const key = resolveKey(keyOf, { service: 'confidentiality', source: data.source }, wrapped);
  if (key === undefined) return undefined;
  if (key.length !== keyBytes) {
    throw new BundleRefused(
      'no-key',
      `The key of ${data.source} has ${key.length} bytes, its block needs ${keyBytes}`,
    );
  }
  return data.targets.map((number, place): [number, Uint8Array] => {
    const target = encryptedTarget(bundle, number);
    const tag = data.results[place]!.find(([id]) => id === RESULTS.tag)?.[1];
    return [
      number,
      open(target, { key, iv, tag, aad: associatedData(bundle, block, target, scope), source: data.source }),
    ];
  });
}

interface Sealed {
  key: Uint8Array;
  iv: Uint8Array;
  /** Undefined when it is at the end of the ciphertext (RFC 9173, section 4.4). */
  tag: number | Uint8Array | undefined;
  aad: Uint8Array;
  source: Eid;
}

function open(target: CanonicalBlock, { key, iv, tag, aad, source }: Sealed): Uint8Array {
  if (tag !== undefined && (typeof tag === 'number' || tag.length !== TAG_BYTES)) {
    throw new BundleRefused(
      'malformed',
      `The authentication tag of block ${target.number} is not ${TAG_BYTES} bytes`,
    );
  }
  const sealed = new Uint8Array(target.data.length + (tag?.length ?? 0));
  sealed.set(target.data);
  if (tag) sealed.set(tag, target.data.length);
  try {
    return gcm(key, iv, aad).decrypt(sealed);
  } catch {
    throw new BundleRefused(
      'tampered',
      `The authentication tag of ${source} over block ${target.number} does not match`,
    );
  }
}

/** RFC 9173, section 4.7.2. */
function associatedData(
  bundle: Bundle,
  header: Pick<CanonicalBlock, 'type' | 'number' | 'flags'>,
  target: CanonicalBlock,
  scope: number,
) {
  const writer = new CborWriter();
  writeScope(writer, scope, bundle, header, target);
  return writer.take();
}

const withData = (bundle: Bundle, data: ReadonlyMap<number, Uint8Array>): Bundle => ({
  ...bundle,
  blocks: bundle.blocks.map((block) =>
    data.has(block.number) ? { ...block, data: data.get(block.number)! } : block,
  ),
});

function encryptedTarget(bundle: Bundle, number: number): CanonicalBlock {
  if (number === PRIMARY_NUMBER) throw new BundleRefused('malformed', 'The primary block is never encrypted');
  const target = targetBlock(bundle, number);
  if (target.type !== BLOCK_TYPES.confidentiality) return target;
  throw new BundleRefused('malformed', `Block ${number} is a confidentiality block: it is never encrypted`);
}

/** RFC 9172, sections 3.8 and 5.2. */
function checkTargets(bundle: Bundle, numbers: readonly number[]): void {
  refuseFragment(bundle);
  if (numbers.length === 0) throw new BundleRefused('malformed', 'There is no block to encrypt');
  const encrypted = encryptedNumbers(bundle);
  for (const number of numbers) {
    encryptedTarget(bundle, number);
    if (encrypted.has(number)) throw new BundleRefused('malformed', `Block ${number} is encrypted already`);
  }
  for (const block of bundle.blocks) {
    if (block.type !== BLOCK_TYPES.integrity || encrypted.has(block.number)) continue;
    const shared = decodeSecurityData(block).targets.some((target) => numbers.includes(target));
    if (shared === numbers.includes(block.number)) continue;
    throw new BundleRefused(
      'malformed',
      shared
        ? `Block ${block.number} protects the integrity of a target, and would stay readable`
        : `Block ${block.number} is an integrity block of other targets`,
      { fix: 'Encrypt an integrity block together with its targets.' },
    );
  }
}
