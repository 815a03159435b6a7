/** The calls that functions made on the emulator: `HOLDFAST_RECORD_CALLS=anew npm run test:aws` writes the file anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordedCall {
  /** As IAM calls it. A transaction is what its items are. */
  action: string;
  /** A `Target`. */
  target: string;
  /** The partition key in the table, or its beginning with a `*`. */
  key?: string;
}

/** By the function's name; `run` is all that run attempts. */
export type RecordedCalls = Record<string, RecordedCall[]>;

export const recordedCalls = (): RecordedCalls =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-calls.json'), 'utf8')) as RecordedCalls;
