import { InvalidInput } from '../errors.ts';
import { isObject } from '../json.ts';
import type { ReadPlan } from './plan.ts';
import type { PlanRow } from './settle.ts';

/**
 * HDTN's contact plan (https://github.com/nasa/HDTN, module/router): times and one-way light time in seconds, rates
 * in bits a second. Older files say `rate`; one without `owlt` has none. Errors: `InvalidInput`.
 */
export function readHdtn(contacts: readonly unknown[], name: string): ReadPlan {
  const rows = contacts.map((entry, index): PlanRow => {
    const at = `contacts[${index}]`;
    if (!isObject(entry))
      throw new InvalidInput(
        `${name}: ${at} is no object.`,
        'Write {"source", "dest", "startTime", "endTime", "rateBitsPerSec", "owlt"}.',
      );
    const number = (key: string, otherwise?: number) => {
      const value = entry[key] ?? otherwise;
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw new InvalidInput(
        `${name}: ${at}: "${key}" is ${JSON.stringify(value) ?? 'missing'}.`,
        'Give a number.',
      );
    };
    const node = (key: string) => {
      const value = entry[key];
      if (typeof value === 'string' && value !== '') return value;
      if (Number.isSafeInteger(value) && (value as number) >= 0) return String(value);
      throw new InvalidInput(
        `${name}: ${at}: "${key}" is ${JSON.stringify(value) ?? 'missing'}.`,
        "Give a node's number from 0, or its name.",
      );
    };
    return {
      at,
      contact: {
        from: node('source'),
        to: node('dest'),
        startMs: number('startTime') * 1000,
        endMs: number('endTime') * 1000,
        rateBitsPerSecond: number('rateBitsPerSec' in entry ? 'rateBitsPerSec' : 'rate'),
        delayMs: number('owlt', 0) * 1000,
      },
    };
  });
  return { rows, nodes: rows.flatMap(({ contact }) => [contact.from, contact.to]) };
}
