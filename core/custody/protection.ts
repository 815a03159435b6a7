/** What keeps a bundle from being read or changed between its source and its destination (RFC 9172, 9173). */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { BLOCK_TYPES, type Bundle, PAYLOAD_NUMBER, PRIMARY_NUMBER } from '../bundle/bundle.ts';
import { bundleId } from '../bundle/bundle-id.ts';
import { canonicalEid } from '../bundle/eid.ts';
import { LABEL, PRECEDENCE } from '../bundle/extensions.ts';
import { findBlock } from '../bundle/known-blocks.ts';
import { BundleRefused } from '../bundle/refusal.ts';
import { encryptedNumbers } from '../bundle/security/abstract-block.ts';
import { decryptBlocks, encryptBlocks } from '../bundle/security/confidentiality.ts';
import { addIntegrity, verifyIntegrity } from '../bundle/security/integrity.ts';
import type { KeyLookup } from '../bundle/security/keys.ts';

/** Shared by this node and another. */
export interface PeerKeys {
  /** For HMAC-SHA-384. */
  integrity: Uint8Array;
  /** Of 16 or 32 bytes, for AES-GCM. @default payloads are not encrypted */
  confidentiality?: Uint8Array;
  /** Earlier ones of the two, with which what is under way may be protected; nothing is protected with them any more. */
  former?: readonly PeerKeys[];
}

export interface Keys {
  /** Undefined: there are none. */
  of(nodeId: string): Promise<PeerKeys | undefined>;
}

/** Of the keys that two nodes share and shared before, both for each (HKDF, RFC 5869): each use has a key of its own. */
export const peerKeysOf = (bundleKey: Uint8Array, former: readonly Uint8Array[] = []): PeerKeys => ({
  ...derived(bundleKey),
  // Few bundles need them.
  get former() {
    return former.map(derived);
  },
});

function derived(bundleKey: Uint8Array): PeerKeys {
  const keyFor = (use: string, bytes: number) =>
    hkdf(sha256, bundleKey, undefined, utf8ToBytes(`holdfast bundle ${use}`), bytes);
  return { integrity: keyFor('integrity', 48), confidentiality: keyFor('confidentiality', 32) };
}

const IV_BYTES = 12;

/** The same bundle gives the same bytes. */
export function protectedWith(bundle: Bundle, keys: PeerKeys | undefined): Bundle {
  if (keys === undefined) return bundle;
  const { source } = bundle.primary;
  const extensions = [findBlock(bundle, PRECEDENCE), findBlock(bundle, LABEL)];
  const targets = [
    PRIMARY_NUMBER,
    PAYLOAD_NUMBER,
    ...extensions.flatMap((block) => (block ? [block.number] : [])),
  ];
  const signed = addIntegrity(bundle, { targets, source, key: keys.integrity });
  const { confidentiality: key } = keys;
  if (key === undefined) return signed;
  const secret = signed.blocks.filter(
    ({ type, number }) => type === BLOCK_TYPES.integrity || number === PAYLOAD_NUMBER,
  );
  return encryptBlocks(signed, {
    key,
    source,
    targets: secret.map(({ number, data }) => ({ number, iv: vectorOf(bundle, number, data) })),
  });
}

/** Made of what it encrypts: the same twice at most for the same text of the same bundle. */
function vectorOf(bundle: Bundle, number: number, data: Uint8Array): Uint8Array {
  const hash = sha256.create().update(utf8ToBytes(`${bundleId(bundle)} ${number} `));
  return hash.update(data).digest().subarray(0, IV_BYTES);
}

/**
 * The bundle decrypted, its integrity proven where there are keys of its source, if need be with former ones; then it must be
 * protected. Throws `BundleRefused`: tampered, unprotected, no-key, malformed, unsupported.
 */
export function unprotected(bundle: Bundle, keys: PeerKeys | undefined): Bundle {
  try {
    return opened(bundle, keys);
  } catch (error) {
    for (const former of keys?.former ?? [])
      try {
        return opened(bundle, former);
      } catch {
        // What the present keys make of it says more.
      }
    throw error;
  }
}

function opened(bundle: Bundle, keys: PeerKeys | undefined): Bundle {
  const source = canonicalEid(bundle.primary.source);
  const keyOf: KeyLookup = (use) =>
    canonicalEid(use.source) === source && !use.unwraps ? keys?.[use.service] : undefined;
  const isSecret = keys?.confidentiality !== undefined;
  const plain = decryptBlocks(bundle, { keyOf, required: isSecret ? [PAYLOAD_NUMBER] : [] });
  // Whoever it is for could make nothing of it.
  if (encryptedNumbers(plain).has(PAYLOAD_NUMBER))
    throw new BundleRefused(
      'no-key',
      `What ${source} encrypted is not encrypted with a key that is known here`,
    );
  verifyIntegrity(plain, { keyOf, required: keys ? [PRIMARY_NUMBER, PAYLOAD_NUMBER] : [] });
  return plain;
}
