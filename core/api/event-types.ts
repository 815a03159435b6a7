import { InvalidInput } from '../errors.ts';
import { EVENT_TYPES, type EventType } from '../event/event.ts';
import { didYouMean } from './nearest.ts';

const ALL = Object.keys(EVENT_TYPES) as EventType[];

/** `task.*` and exact names to exact names; undefined (or `*`) is every type. Throws `InvalidInput` for a type there isn't. */
export function expandEventTypes(patterns: readonly string[] | undefined): EventType[] | undefined {
  if (patterns === undefined || patterns.length === 0 || patterns.includes('*')) return undefined;
  return [...new Set(patterns.flatMap(matching))];
}

function matching(pattern: string): EventType[] {
  const found = pattern.endsWith('.*')
    ? ALL.filter((type) => type.startsWith(pattern.slice(0, -1)))
    : ALL.filter((type) => type === pattern);
  if (found.length > 0) return found;
  throw new InvalidInput(
    `There is no event type "${pattern.slice(0, 100)}".`,
    didYouMean(pattern, [...ALL, 'execution.*', 'task.*', 'signal.*']),
  );
}
