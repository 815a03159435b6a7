import type { JsonValue } from '../json.ts';
import { InvalidTaskOutput } from './errors.ts';

const DEPTH_MAX = 200;

/**
 * What a handler returned, as JSON: nothing becomes null, absent fields go, `toJSON` is honoured. Values that are JSON already come
 * back as they are. Errors: `InvalidTaskOutput` naming the place of what JSON can't hold, rather than dropping it.
 */
export function toJson(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  return convert(value, 'output', []);
}

function convert(value: unknown, place: string, above: object[]): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      throw refusal(place, `the number ${value}`, 'Return null or a text for it');
    case 'object':
      return value === null ? null : convertObject(value, place, above);
    case 'bigint':
      throw refusal(place, `the BigInt ${value}n`, 'Return it as a number or a text');
    default:
      throw refusal(place, `a ${typeof value}`, 'Return data only');
  }
}

function convertObject(value: object, place: string, above: object[]): JsonValue {
  if (above.includes(value)) throw refusal(place, 'a reference to an object that holds it', 'Return a tree');
  if (above.length >= DEPTH_MAX)
    throw refusal(place, `more than ${DEPTH_MAX} levels`, 'Return something flatter');
  above.push(value);
  const json = Array.isArray(value) ? convertArray(value, place, above) : convertRecord(value, place, above);
  above.pop();
  return json;
}

function convertArray(items: unknown[], place: string, above: object[]): JsonValue {
  let copy: JsonValue[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const json = item === undefined ? null : convert(item, `${place}[${index}]`, above);
    if (json !== item) (copy ??= [...(items as JsonValue[])])[index] = json;
  }
  return copy ?? (items as JsonValue[]);
}

function convertRecord(value: object, place: string, above: object[]): JsonValue {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    if (ArrayBuffer.isView(value))
      throw refusal(place, 'bytes', 'Return them in base64, or save a file and return its name');
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
      return convert((value as { toJSON(): unknown }).toJSON(), place, above);
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    if (kind !== 'Object') throw refusal(place, `a ${kind}`, 'Return plain objects and arrays');
  }
  let copy: Record<string, JsonValue> | undefined;
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    const json = item === undefined ? undefined : convert(item, `${place}.${key}`, above);
    if (json === item && json !== undefined) continue;
    copy ??= { ...(value as Record<string, JsonValue>) };
    if (json === undefined) delete copy[key];
    else copy[key] = json;
  }
  return copy ?? (value as JsonValue);
}

function refusal(place: string, what: string, fix: string): InvalidTaskOutput {
  return new InvalidTaskOutput(`The handler returned ${what} at ${place}, which JSON can't hold. ${fix}.`);
}
