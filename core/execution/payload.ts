import type { JsonValue } from '../json.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { PayloadStore } from '../ports/payload-store.ts';

/** Larger payloads travel by reference: below every limit of the AWS host, with room for what goes with them. */
export const INLINE_BYTES_MAX = 200 * 1024;
/** The largest single output or input. */
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

export type Packed = { output?: JsonValue; outputRef?: string };

/** Keeps a value inline or, when it is large, in the store. Errors: `InvalidInput` beyond `PAYLOAD_BYTES_MAX`. */
export async function pack(value: JsonValue, payloads: PayloadStore): Promise<Packed> {
  if (isSmall(value)) return { output: value };
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  if (bytes.length <= INLINE_BYTES_MAX) return { output: value };
  if (bytes.length > PAYLOAD_BYTES_MAX) {
    throw new InvalidInput(
      `a payload has ${bytes.length} bytes; the limit is ${PAYLOAD_BYTES_MAX}`,
      'Write the data to a file or an object store and pass its address.',
    );
  }
  return { outputRef: await payloads.put(bytes) };
}

/** The value behind a packed one; null for none. Errors: `NotFound` when the store lost it. */
export async function unpack(packed: Packed, payloads: PayloadStore): Promise<JsonValue> {
  if (packed.outputRef === undefined) return packed.output ?? null;
  const bytes = await payloads.get(packed.outputRef);
  if (!bytes)
    throw new NotFound(
      `payload ${packed.outputRef} is gone`,
      'Restore the payloads folder beside the database, then redrive.',
    );
  return JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
}

/** Certainly below the inline limit, seen without writing it out. */
function isSmall(value: JsonValue): boolean {
  if (typeof value === 'string') return value.length < INLINE_BYTES_MAX / 6;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}
