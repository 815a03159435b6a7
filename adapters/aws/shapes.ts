/** Checks of small payloads. Not by zod: it would be a fifth of what the function of a state loads when it starts. */
import { isObject } from '../../core/json.ts';

/** Reads a value, leaving out what it doesn't know. What is wrong goes to `problems`, and then the answer means nothing. */
export type Shape<T> = (value: unknown, place: string, problems: string[]) => T;

function that<T>(what: string, holds: (value: unknown) => boolean): Shape<T> {
  return (value, place, problems) => {
    if (!holds(value)) problems.push(`${place} must be ${what}, not ${shown(value)}`);
    return value as T;
  };
}

const ID_CHARACTERS_MAX = 500;

export const anything: Shape<unknown> = (value) => value;
export const text = that<string>('text', (value) => typeof value === 'string');
export const id = that<string>(
  `text of 1 to ${ID_CHARACTERS_MAX} characters`,
  (value) => typeof value === 'string' && value !== '' && value.length <= ID_CHARACTERS_MAX,
);
export const time = that<string>(
  'a time (ISO 8601)',
  (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
);
export const flag = that<boolean>('true or false', (value) => typeof value === 'boolean');
export const yes = that<true>('true', (value) => value === true);
export const number = that<number>('a number', Number.isFinite);
export const count = that<number>(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);

export const atLeastOne = that<number>(
  'a whole number from 1',
  (value) => Number.isSafeInteger(value) && (value as number) >= 1,
);

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, place, problems) => (value === undefined ? undefined : shape(value, place, problems));
}

export function object<T extends object>(fields: { [Key in keyof Required<T>]: Shape<T[Key]> }): Shape<T> {
  const entries = Object.entries(fields) as [string, Shape<unknown>][];
  return (value, place, problems) => {
    if (!isObject(value)) {
      problems.push(`${place === '' ? 'it' : place} must be an object, not ${shown(value)}`);
      return {} as T;
    }
    const read: Record<string, unknown> = {};
    for (const [key, shape] of entries) {
      const field = shape(value[key], place === '' ? key : `${place}.${key}`, problems);
      if (field !== undefined) read[key] = field;
    }
    return read as T;
  };
}

export function list<T>(shape: Shape<T>): Shape<T[]> {
  return (value, place, problems) => {
    if (Array.isArray(value)) return value.map((item, index) => shape(item, `${place}[${index}]`, problems));
    problems.push(`${place === '' ? 'it' : place} must be a list, not ${shown(value)}`);
    return [];
  };
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
