/** JSON as the table keeps it: as text while it is short, else compressed. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { InvalidInput } from '../../core/errors.ts';

/** A value as an attribute holds it. */
export type Packed = string | Uint8Array;

/** Below a write unit nothing is saved by compressing. */
const PLAIN_BYTES_MAX = 1024;

/** JSON text; undefined stays undefined. Refuses with `InvalidInput` what JSON can not hold. */
export function toJson(value: unknown, what: string): string | undefined {
  if (value === undefined) return undefined;
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return text;
  throw new InvalidInput(
    `The ${what} can not be stored as JSON (${cause instanceof Error ? cause.message : typeof value}).`,
    'Give it plain JSON values: no cycles, functions or BigInts.',
    { cause },
  );
}

export function packText(text: string): Packed {
  if (text.length <= PLAIN_BYTES_MAX) return text;
  const packed = gzipSync(text);
  return packed.length < Buffer.byteLength(text) ? packed : text;
}

export const unpackText = (packed: Packed): string =>
  typeof packed === 'string' ? packed : gunzipSync(packed).toString('utf8');

export const parsePacked = <T>(packed: Packed): T => JSON.parse(unpackText(packed)) as T;
