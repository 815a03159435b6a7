import { BLOCK_TYPES, type Bundle, type CanonicalBlock, freeNumber, PRIMARY_NUMBER } from '../bundle.ts';
import { CborWriter } from '../cbor-writer.ts';
import type { Eid } from '../eid.ts';
import { encodePrimary } from '../encode.ts';
import { BundleRefused } from '../refusal.ts';
import {
  CONTEXTS,
  decodeSecurityData,
  encodeSecurityData,
  encryptedNumbers,
  type IdValue,
  isSecurityBlock,
  parameter,
  refuseFragment,
  refuseOtherIds,
  SCOPE_ALL,
  type SecurityData,
  targetBlock,
  withSecurityBlock,
} from './abstract-block.ts';
import { type HmacBits, hmacSha2, isEqual } from './hmac.ts';
import { type KeyLookup, type ProtectionKey, resolveKey, wrapKey } from './keys.ts';
import { writeScope } from './protected-text.ts';

/** Codes of RFC 9173, section 3.3.1. */
const VARIANT_CODES: Record<HmacBits, number> = { 256: 5, 384: 6, 512: 7 };

const PARAMETERS = { variant: 1, wrappedKey: 2, scope: 3 };
const RESULTS = { hmac: 1 };

export interface IntegrityOptions extends ProtectionKey {
  /** Block numbers; `PRIMARY_NUMBER` is the primary block. */
  targets: readonly number[];
  source: Eid;
  /** 384 unless given. */
  bits?: HmacBits;
  /** Sum of `SCOPE`; all unless given. */
  scope?: number;
  /** The number of the new block; the lowest free one unless given. */
  number?: number;
}

/**
 * Adds a block integrity block of the context BIB-HMAC-SHA2 (RFC 9173, section 3) over the targets, whose CRCs it
 * replaces. Throws `BundleRefused` for targets that RFC 9172 forbids, and for fragments.
 */
export function addIntegrity(bundle: Bundle, options: IntegrityOptions): Bundle {
  const { targets, source, bits = 384, scope = SCOPE_ALL } = options;
  checkTargets(bundle, targets);
  const bare = withoutCrcs(bundle, targets);
  const header = { type: BLOCK_TYPES.integrity, number: options.number ?? freeNumber(bundle), flags: 0 };
  const wrapped = wrapKey(options);
  const parameters: IdValue[] = [[PARAMETERS.variant, VARIANT_CODES[bits]]];
  if (wrapped) parameters.push([PARAMETERS.wrappedKey, wrapped]);
  parameters.push([PARAMETERS.scope, scope]);
  const results = targets.map((target): IdValue[] => [
    [RESULTS.hmac, macOf(bare, header, target, { key: options.key, bits, scope })],
  ]);
  const data = encodeSecurityData({ targets, context: CONTEXTS.bibHmacSha2, source, parameters, results });
  return withSecurityBlock(bare, { ...header, crc: 'none', data });
}

/** A target whose HMAC is right. */
export interface VerifiedTarget {
  target: number;
  /** Of the integrity block. */
  number: number;
  source: Eid;
  bits: HmacBits;
  scope: number;
}

export interface VerifyOptions {
  keyOf: KeyLookup;
  /** Targets that must be protected, else the bundle is refused; an attacker can take a block away. */
  required?: readonly number[];
}

/**
 * Checks every integrity block for which there is a key. Throws `BundleRefused`: tampered, no-key and unprotected (for
 * required targets), malformed, unsupported.
 */
export function verifyIntegrity(bundle: Bundle, { keyOf, required = [] }: VerifyOptions): VerifiedTarget[] {
  refuseFragment(bundle);
  const verified: VerifiedTarget[] = [];
  const keyless = new Set<number>();
  const encrypted = encryptedNumbers(bundle);
  for (const block of bundle.blocks) {
    if (block.type !== BLOCK_TYPES.integrity || encrypted.has(block.number)) continue;
    const data = decodeSecurityData(block);
    const { bits, scope, key } = keyedVariant(data, keyOf);
    for (const [place, target] of data.targets.entries()) {
      if (key === undefined) keyless.add(target);
      else {
        refuseUnequal(data, place, macOf(bundle, block, target, { key, bits, scope }));
        verified.push({ target, number: block.number, source: data.source, bits, scope });
      }
    }
  }
  for (const target of required) {
    if (verified.some((check) => check.target === target)) continue;
    const named = target === PRIMARY_NUMBER ? 'The primary block' : `Block ${target}`;
    if (keyless.has(target))
      throw new BundleRefused('no-key', `${named} is protected with a key that is not known here`);
    throw new BundleRefused('unprotected', `${named} has no integrity block that can be read`);
  }
  return verified;
}

/** The bundle without its integrity blocks: for who verified it and takes it. */
export const withoutIntegrity = (bundle: Bundle): Bundle => ({
  ...bundle,
  blocks: bundle.blocks.filter(({ type }) => type !== BLOCK_TYPES.integrity),
});

function keyedVariant(data: SecurityData, keyOf: KeyLookup) {
  refuseOtherIds(data, Object.values(PARAMETERS), Object.values(RESULTS));
  const code = parameter(data, PARAMETERS.variant, 'number') ?? VARIANT_CODES[384];
  const scope = parameter(data, PARAMETERS.scope, 'number') ?? SCOPE_ALL;
  const bits = ([256, 384, 512] as const).find((variant) => VARIANT_CODES[variant] === code);
  if (bits === undefined)
    throw new BundleRefused('unsupported', `The SHA variant ${code} is none of 5, 6 and 7`);
  const wrapped = parameter(data, PARAMETERS.wrappedKey, 'bytes');
  return { bits, scope, key: resolveKey(keyOf, { service: 'integrity', source: data.source }, wrapped) };
}

/** One at a time is made. */
const text = new CborWriter();

interface Mac {
  key: Uint8Array;
  bits: HmacBits;
  scope: number;
}

/**
 * The HMAC of the integrity-protected plaintext (RFC 9173, section 3.7). The primary block as a target counts as the
 * content of a byte string, like the data of other targets: appendix A.3.3.2 settles it.
 */
function macOf(
  bundle: Bundle,
  header: Pick<CanonicalBlock, 'type' | 'number' | 'flags'>,
  target: number,
  mac: Mac,
): Uint8Array {
  const block = target === PRIMARY_NUMBER ? undefined : targetBlock(bundle, target);
  text.reset();
  writeScope(text, mac.scope, bundle, header, block);
  if (block) text.byteString(block.data);
  else text.byteString(encodePrimary(bundle.primary));
  return hmacSha2(mac.bits, mac.key, text.view());
}

function refuseUnequal(data: SecurityData, place: number, computed: Uint8Array): void {
  const came = data.results[place]!.find(([id]) => id === RESULTS.hmac)?.[1];
  if (came instanceof Uint8Array && isEqual(came, computed)) return;
  const target = data.targets[place]!;
  const named = target === PRIMARY_NUMBER ? 'the primary block' : `block ${target}`;
  throw new BundleRefused('tampered', `The HMAC of ${data.source} over ${named} does not match`);
}

/** RFC 9172, section 3.7 and 5.2. */
function checkTargets(bundle: Bundle, targets: readonly number[]): void {
  refuseFragment(bundle);
  if (targets.length === 0) throw new BundleRefused('malformed', 'An integrity block needs targets');
  const encrypted = encryptedNumbers(bundle);
  const taken = new Set(
    bundle.blocks
      .filter(({ type, number }) => type === BLOCK_TYPES.integrity && !encrypted.has(number))
      .flatMap((block) => decodeSecurityData(block).targets),
  );
  for (const target of targets) {
    if (taken.has(target))
      throw new BundleRefused('malformed', `Block ${target} has an integrity block already`);
    if (encrypted.has(target)) throw new BundleRefused('malformed', `Block ${target} is encrypted already`);
    if (target !== PRIMARY_NUMBER && isSecurityBlock(targetBlock(bundle, target))) {
      throw new BundleRefused(
        'malformed',
        `Block ${target} is a security block: it can't have an integrity block`,
      );
    }
  }
}

/** RFC 9173, sections 3.8.1 and 4.8.1: the security block takes the place of the target's CRC. */
export function withoutCrcs({ primary, blocks }: Bundle, targets: readonly number[]): Bundle {
  return {
    primary: targets.includes(PRIMARY_NUMBER) ? { ...primary, crc: 'none' } : primary,
    blocks: blocks.map((block) => (targets.includes(block.number) ? { ...block, crc: 'none' } : block)),
  };
}
