import { InvalidInput } from '../../core/errors.ts';
import { damagedText } from './sqlite-errors.ts';

/** JSON text for a column; undefined stays undefined. Refuses with `InvalidInput` what JSON can not hold. */
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

/** The value of a JSON column; undefined for NULL. Errors: `StoreUnavailable` for a file whose bytes have changed. */
export function fromJson<T>(text: unknown): T | undefined {
  if (text === null || text === undefined) return undefined;
  try {
    return JSON.parse(text as string) as T;
  } catch (error) {
    throw damagedText(error);
  }
}

/** NULL becomes undefined. */
export function fromNull<T>(value: unknown): T | undefined {
  return value === null ? undefined : (value as T);
}
