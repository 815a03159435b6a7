/** An ASL error on its way to a Retry, a Catch or the end of the execution. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  /** The ASL error; undefined for a Fail state without `Error`. */
  readonly error: string | undefined;
  override readonly cause: string | undefined;

  constructor(error: string | undefined, cause: string | undefined) {
    super(`${error ?? 'unnamed error'}: ${cause ?? 'no cause'}`);
    this.error = error;
    this.cause = cause;
  }
}

/** Work stopped because a sibling failed, the execution timed out or the host aborted it. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  readonly by: 'sibling' | 'timeout' | 'host';

  constructor(by: 'sibling' | 'timeout' | 'host') {
    super(`cancelled by ${by}`);
    this.by = by;
  }
}

/** The failure that something thrown by a host stands for: its `name` is the error, its `message` the cause. */
export function failureOf(thrown: unknown): StateFailure {
  if (thrown instanceof StateFailure) return thrown;
  if (thrown instanceof Error) return new StateFailure(thrown.name, thrown.message);
  const named = thrown as { name?: unknown; message?: unknown } | null | undefined;
  if (typeof named?.name === 'string')
    return new StateFailure(named.name, typeof named.message === 'string' ? named.message : undefined);
  return new StateFailure('Error', typeof thrown === 'string' ? thrown : JSON.stringify(thrown));
}

/**
 * Whether a Retrier's or Catcher's `ErrorEquals` covers an error.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function matchesError(errorEquals: readonly string[], error: string | undefined): boolean {
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (error === 'States.DataLimitExceeded') return false;
    if (name === 'States.ALL') return true;
    if (name === 'States.TaskFailed') return error !== 'States.Timeout';
    return name === 'States.Timeout' && error === 'States.HeartbeatTimeout';
  });
}
