import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson, type JsonValue } from './json.ts';

/** SHA-256 of bytes, in hex. */
export const hashBytes = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

/** SHA-256 of a value's canonical JSON, in hex: equal for equal values whatever the order of keys. */
export const hashJson = (value: JsonValue): string => hashBytes(utf8ToBytes(canonicalJson(value)));
