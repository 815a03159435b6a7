import { aeskw } from '@noble/ciphers/aes.js';
import type { Eid } from '../eid.ts';
import { BundleRefused } from '../refusal.ts';

export interface KeyUse {
  service: 'integrity' | 'confidentiality';
  /** Who added the security block. */
  source: Eid;
  /** Whether the key asked for is the one that the block's own key is wrapped with (RFC 3394). */
  unwraps: boolean;
}

/** The key for a use, or undefined when there is none. */
export type KeyLookup = (use: KeyUse) => Uint8Array | undefined;

/** A key to protect with. With `wrappedBy` it travels in the block, wrapped. */
export interface ProtectionKey {
  key: Uint8Array;
  /** The key encryption key (RFC 3394): 16, 24 or 32 bytes. */
  wrappedBy?: Uint8Array;
}

const BLOCK_BYTES = 8;

/** Throws `BundleRefused` (malformed) for lengths that RFC 3394 has no wrapping for. */
export function wrapKey({ key, wrappedBy }: ProtectionKey): Uint8Array | undefined {
  if (wrappedBy === undefined) return undefined;
  if (
    ![16, 24, 32].includes(wrappedBy.length) ||
    key.length < 2 * BLOCK_BYTES ||
    key.length % BLOCK_BYTES > 0
  ) {
    throw new BundleRefused(
      'malformed',
      `A key of ${key.length} bytes can't be wrapped by one of ${wrappedBy.length}`,
      {
        fix: 'Wrap keys of 16, 24, 32 … bytes by keys of 16, 24 or 32 bytes (RFC 3394).',
      },
    );
  }
  return aeskw(wrappedBy).encrypt(key);
}

/** The key of a security block: looked up, or unwrapped by the one looked up; undefined when there is none. */
export function resolveKey(keyOf: KeyLookup, use: Omit<KeyUse, 'unwraps'>, wrapped?: Uint8Array) {
  const found = keyOf({ ...use, unwraps: wrapped !== undefined });
  if (found === undefined || wrapped === undefined) return found;
  try {
    return aeskw(found).decrypt(wrapped);
  } catch {
    throw new BundleRefused('tampered', `The wrapped ${use.service} key of ${use.source} can't be unwrapped`);
  }
}
