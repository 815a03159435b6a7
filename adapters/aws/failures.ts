/** What the failures of AWS calls mean to the engine. */
import { StoreUnavailable } from '../../core/errors.ts';

interface AwsFailure extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
}

const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** Each service has names of its own for "too much at once", most with status 400. */
const THROTTLED =
  /throttl|TooManyRequests|RequestLimitExceeded|ServiceQuotaExceeded|ExecutionLimitExceeded|SlowDown|ProvisionedThroughput/i;

/** Whether the same call may succeed later: throttled, unreachable, too slow, or a fault of the service. */
export function isTransient(error: unknown): boolean {
  const { name = '', code = '', $metadata } = (error ?? {}) as Partial<AwsFailure>;
  const status = $metadata?.httpStatusCode ?? 0;
  if (status >= 500 || status === 429 || status === 408) return true;
  return NETWORK_CODES.has(code) || name === 'TimeoutError' || THROTTLED.test(name);
}

/**
 * The error to throw for a failed call. `StoreUnavailable`, which the state machines try again, when the same call may succeed
 * later, after the client's own retries; else the error as it came. `what`: "Step Functions did not start a state machine".
 */
export function failure(error: unknown, what: string): unknown {
  if (!isTransient(error)) return error;
  const { name, message } = error as Error;
  return new StoreUnavailable(
    `${what}: ${name}: ${message}`,
    'Try again in a moment. If it lasts, compare the service quotas of the account with docs/scale.md.',
    { cause: error },
  );
}

/** Whether an error has one of these names, whichever copy of the SDK made it. */
export const isNamed = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name);
