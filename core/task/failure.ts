import { HoldfastError } from '../errors.ts';
import { isObject } from '../json.ts';

/** A failed attempt, as retry policies and people read it. */
export interface TaskFailureReport {
  /** The error's class name. */
  error: string;
  cause: string;
  retryable: boolean;
  /** What the other side asked for, as `Retry-After` does. */
  retryAfterMs?: number;
}

const CAUSE_CHARACTERS_MAX = 8_192;
const NAME_CHARACTERS_MAX = 200;
const INNER_MAX = 5;

/** Whatever a handler threw, as a failure. It is retryable unless it says that it isn't. */
export function failureOf(thrown: unknown): TaskFailureReport {
  if (!(thrown instanceof Error)) return { error: 'NotAnError', cause: oddCause(thrown), retryable: true };
  const { retryable, retryAfterMs } = thrown as { retryable?: unknown; retryAfterMs?: unknown };
  return {
    error: nameOf(thrown),
    cause: cut(causeOf(thrown)),
    retryable:
      typeof retryable === 'boolean'
        ? retryable
        : !isRefusal(thrown) && innerErrors(thrown).every(isRetryable),
    ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? { retryAfterMs } : {}),
  };
}

/** What Holdfast refuses for its content it refuses again. */
const isRefusal = (error: Error): boolean =>
  error instanceof HoldfastError &&
  ['invalid', 'unprocessable', 'too-large', 'forbidden'].includes(error.kind);

const isRetryable = (error: unknown): boolean =>
  (error as { retryable?: unknown } | undefined)?.retryable !== false;

const innerErrors = (error: Error): unknown[] => (error instanceof AggregateError ? error.errors : []);

/** The class's name where its author didn't set `name`. */
function nameOf(error: Error): string {
  const name = error.name === 'Error' ? error.constructor.name : error.name;
  return typeof name === 'string' && name !== '' ? name.slice(0, NAME_CHARACTERS_MAX) : 'Error';
}

function causeOf(error: Error): string {
  const { fix } = error as { fix?: unknown };
  const inner = innerErrors(error);
  const parts = [
    error.message || nameOf(error),
    ...(typeof fix === 'string' && !error.message.includes(fix) ? [fix] : []),
    ...inner.slice(0, INNER_MAX).map(textOf),
    ...(inner.length > INNER_MAX ? [`and ${inner.length - INNER_MAX} more`] : []),
    ...(error.cause === undefined || error.message.includes(textOf(error.cause))
      ? []
      : [`caused by ${textOf(error.cause)}`]),
  ];
  return parts.map((part) => part.replace(/[\s;]+$/, '')).join('; ');
}

function textOf(value: unknown): string {
  if (value instanceof Error) return value.message || nameOf(value);
  return typeof value === 'string' ? value : (shown(value) ?? String(value as number));
}

function oddCause(thrown: unknown): string {
  const what = typeof thrown === 'string' ? thrown : (shown(thrown) ?? String(thrown as number));
  return cut(`${what} (thrown as ${kindOf(thrown)}; throw an Error, so that retry policies can name it)`);
}

function kindOf(value: unknown): string {
  return value === null
    ? 'null'
    : isObject(value)
      ? 'an object'
      : Array.isArray(value)
        ? 'an array'
        : typeof value;
}

function shown(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

const cut = (text: string): string =>
  text.length > CAUSE_CHARACTERS_MAX ? `${text.slice(0, CAUSE_CHARACTERS_MAX)}…` : text;
