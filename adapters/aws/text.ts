/** JSON as the table keeps it: as text while it is short, else compressed. */
import { gunzipSync, gzipSync } from 'node:zlib';

/** A value as an attribute holds it. */
export type Packed = string | Uint8Array;

/** Below a write unit nothing is saved by compressing. */
const PLAIN_BYTES_MAX = 1024;

export function packText(text: string): Packed {
  if (text.length <= PLAIN_BYTES_MAX) return text;
  const packed = gzipSync(text);
  return packed.length < Buffer.byteLength(text) ? packed : text;
}

export const unpackText = (packed: Packed): string =>
  typeof packed === 'string' ? packed : gunzipSync(packed).toString('utf8');

export const parsePacked = <T>(packed: Packed): T => JSON.parse(unpackText(packed)) as T;
