import { damagedText } from './sqlite-errors.ts';

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
