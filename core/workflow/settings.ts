/** Readers of single settings that come in several spellings: durations, priorities, retry policies. */
import type { JsonObject, JsonValue } from '../json.ts';
import { PRIORITIES } from './definition.ts';
import { parseDuration } from './duration.ts';
import { type Field, Fields, readObject } from './fields.ts';
import { describe, type Issues, type Path } from './issues.ts';
import { suggestion } from './names.ts';

/**
 * What a bare number counts in a field whose name doesn't tell: `delayMs` and `timeout_seconds` do, `initialDelay` is
 * milliseconds and `initial_delay` seconds, as the forms that spell so mean them; `timeout` and `delay` follow the document.
 */
export type NumberUnit = 'ms' | 's';

/** Milliseconds, or undefined with an issue. */
export function readDuration(field: Field, unit: NumberUnit, issues: Issues): number | undefined {
  const { value, key } = field;
  const ms =
    typeof value === 'string'
      ? parseDuration(value)
      : typeof value === 'number'
        ? value * factor(key, unit)
        : undefined;
  if (ms !== undefined && ms >= 0) return Math.round(ms);
  issues.add(
    field.path,
    `"${key}" must be a duration, not ${describe(value)}.`,
    'Write such as 30s, 5m, 1h30m or 250ms.',
  );
  return undefined;
}

/** A time limit: a duration above zero. */
export function readLimit(field: Field, unit: NumberUnit, issues: Issues): number | undefined {
  const ms = readDuration(field, unit, issues);
  if (ms !== 0) return ms;
  issues.add(field.path, `"${field.key}" is 0: the time would be up at once.`, 'Leave it out for no limit.');
  return undefined;
}

function factor(key: string, unit: NumberUnit): number {
  if (/(?:Ms|_ms)$/.test(key)) return 1;
  if (/seconds$/i.test(key)) return 1000;
  if (key.includes('_')) return 1000;
  if (/[A-Z]/.test(key)) return 1;
  return unit === 's' ? 1000 : 1;
}

/** A number, by name (`high`) or as it is. */
export function readPriority(field: Field, issues: Issues): JsonValue | undefined {
  if (typeof field.value !== 'string') return field.value;
  const name = field.value.toLowerCase();
  if (Object.hasOwn(PRIORITIES, name)) return PRIORITIES[name as keyof typeof PRIORITIES];
  const names = Object.keys(PRIORITIES);
  issues.add(
    field.path,
    `There is no priority ${describe(field.value)}.${suggestion(name, names)}`,
    `Use ${names.join(', ')} or a number; higher runs first.`,
  );
  return undefined;
}

/** `continue` lets the execution go on after a failure; undefined with an issue for anything unknown. */
export function readOnError(field: Field, issues: Issues): 'continue' | 'fail' | undefined {
  if (field.value === 'continue') return 'continue';
  if (field.value === 'fail' || field.value === 'stop') return 'fail';
  issues.add(
    field.path,
    `"${field.key}" can't be ${describe(field.value)}.`,
    'Write continue, or fail (as without it).',
  );
  return undefined;
}

export const RETRY_FIELDS = {
  maxAttempts: ['maxAttempts', 'max_attempts', 'attempts'],
  maxRetries: ['maxRetries', 'max_retries', 'retries'],
  backoff: ['backoff', 'backoffType', 'backoff_type'],
  multiplier: ['backoffMultiplier', 'backoff_multiplier'],
  delayMs: [
    'delayMs',
    'delay_ms',
    'delay',
    'initialDelay',
    'initial_delay',
    'initialDelayMs',
    'initial_delay_ms',
    'initialDelaySeconds',
    'initial_delay_seconds',
    'retryDelay',
    'retry_delay',
  ],
  maxDelayMs: ['maxDelayMs', 'max_delay_ms', 'maxDelay', 'max_delay', 'maxDelaySeconds', 'max_delay_seconds'],
  jitter: ['jitter'],
  retryOn: ['retryOn', 'retry_on', 'retryableErrors', 'retryable_errors'],
} as const;

export const RETRY_SPELLINGS: readonly string[] = Object.values(RETRY_FIELDS).flat();
const defaultMaxDelayMs = 5 * 60_000;

/** A retry policy in canonical fields; `max_retries` counts the tries after the first, `maxAttempts` all of them. */
export function readRetry(
  field: Field,
  unit: NumberUnit,
  issues: Issues,
  /** Told where each canonical field of the policy was written. */
  place: (name: string, path: Path) => void,
): JsonObject | undefined {
  if (typeof field.value === 'number') {
    issues.add(
      field.path,
      `"${field.key}: ${field.value}" doesn't say whether the first try counts.`,
      `Write ${field.key}: {maxAttempts: ${field.value + 1}} for ${field.value} tries after the first.`,
    );
    return undefined;
  }
  const source = readObject(field, issues);
  if (!source) return undefined;
  const fields = new Fields(source, field.path, RETRY_FIELDS, issues);
  for (const name of [
    'maxAttempts',
    'maxRetries',
    'backoff',
    'delayMs',
    'maxDelayMs',
    'jitter',
    'retryOn',
  ] as const) {
    const given = fields.take(name);
    if (given) place(name === 'maxRetries' ? 'maxAttempts' : name, given.path);
  }
  const retry: JsonObject = {};
  const set = (name: string, value: JsonValue | undefined) => {
    if (value !== undefined) retry[name] = value;
  };
  set('maxAttempts', readAttempts(fields, issues));
  set('backoff', readBackoff(fields, issues));
  const delay = fields.take('delayMs');
  if (delay) set('delayMs', readDuration(delay, unit, issues));
  const maxDelay = fields.take('maxDelayMs');
  if (maxDelay) set('maxDelayMs', readDuration(maxDelay, unit, issues));
  // The default cap must not shorten a delay that was asked for.
  else if (typeof retry.delayMs === 'number' && retry.delayMs > defaultMaxDelayMs)
    set('maxDelayMs', retry.delayMs);
  if (
    maxDelay &&
    typeof retry.delayMs === 'number' &&
    typeof retry.maxDelayMs === 'number' &&
    retry.maxDelayMs < retry.delayMs
  )
    issues.add(
      maxDelay.path,
      `"${maxDelay.key}" is less than the first delay.`,
      `Make it at least ${retry.delayMs} ms, or leave it out.`,
    );
  const jitter = fields.take('jitter')?.value;
  set('jitter', jitter === true ? 'full' : jitter === false ? 'none' : jitter);
  const retryOn = fields.take('retryOn')?.value;
  set('retryOn', typeof retryOn === 'string' ? [retryOn] : retryOn);
  return retry;
}

function readAttempts(fields: Fields<typeof RETRY_FIELDS>, issues: Issues): JsonValue | undefined {
  const attempts = fields.take('maxAttempts');
  const retries = fields.take('maxRetries');
  if (attempts && retries)
    issues.add(
      retries.path,
      `"${retries.key}" and "${attempts.key}" both say how often to try.`,
      'Keep one of the two.',
      {
        key: true,
      },
    );
  if (attempts) return attempts.value;
  if (!retries) return undefined;
  if (typeof retries.value === 'number' && Number.isInteger(retries.value) && retries.value >= 0)
    return retries.value + 1;
  issues.add(
    retries.path,
    `"${retries.key}" must be a whole number from 0, not ${describe(retries.value)}.`,
    'Write such as 3.',
  );
  return undefined;
}

function readBackoff(fields: Fields<typeof RETRY_FIELDS>, issues: Issues): JsonValue | undefined {
  const backoff = fields.take('backoff');
  const multiplier = fields.take('multiplier');
  const kind = backoff?.value === 'constant' ? 'fixed' : backoff?.value;
  if (!multiplier) return kind;
  if (multiplier.value === 1 && (kind === undefined || kind === 'fixed')) return 'fixed';
  if (multiplier.value === 2 && (kind === undefined || kind === 'exponential')) return 'exponential';
  issues.add(
    multiplier.path,
    `A backoff multiplier of ${describe(multiplier.value)}${kind === undefined ? '' : ` with ${describe(kind)} backoff`} is not supported: exponential backoff doubles.`,
    'Write 2 (exponential) or 1 (fixed), or use `backoff: linear`.',
  );
  return undefined;
}
