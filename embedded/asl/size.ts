import type { JsonValue } from '../../core/json.ts';

/** The service's limit on an input, a result, an output and an assignment, in bytes of UTF-8 JSON. */
export const payloadBytesMax = 262_144;

/** Whether a value's JSON is over the limit; counts the bytes only where a quick upper bound can't tell. */
export function isTooLarge(value: JsonValue): boolean {
  if (boundBytes(value, payloadBytesMax) >= 0) return false;
  return Buffer.byteLength(JSON.stringify(value)) > payloadBytesMax;
}

/** What is left of `budget` after the most bytes that the value can take, or a negative number. */
function boundBytes(value: JsonValue, budget: number): number {
  switch (typeof value) {
    case 'string':
      // A control character or lone surrogate is written as \uXXXX.
      return budget - value.length * 6 - 2;
    case 'object': {
      if (value === null) return budget - 4;
      let left = budget - 2;
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length && left >= 0; index++)
          left = boundBytes(value[index]!, left) - 1;
        return left;
      }
      for (const key in value) {
        left = boundBytes(value[key]!, left - key.length * 6 - 4);
        if (left < 0) return left;
      }
      return left;
    }
    default:
      return budget - 25;
  }
}
