import type { RetryPolicy } from '../workflow/definition.ts';

/** Why an attempt failed, as far as healing cares. */
export interface AttemptFailure {
  error: string;
  cause: string;
  /** False: trying again can't help. */
  retryable: boolean;
  /** The least wait before another try, when the other side asked for one (Retry-After). */
  retryAfterMs?: number;
}

export type Healing =
  /** `reroute`: it was on another node, and is placed again, elsewhere if it can be. */
  | { strategy: 'retry' | 'checkpoint-resume' | 'reroute'; delayMs: number }
  /** The task isn't critical: the execution goes on without it. */
  | { strategy: 'degrade' }
  | { strategy: 'none' };

/**
 * What to do after the `failures`-th failed attempt.
 * @param random uniform in [0, 1)
 */
export function heal(
  failure: AttemptFailure,
  failures: number,
  task: { retry: RetryPolicy; critical: boolean; hasCheckpoint: boolean; wasElsewhere?: boolean },
  random: number,
): Healing {
  if (failure.retryable && failures < task.retry.maxAttempts && matches(task.retry.retryOn, failure.error)) {
    const delayMs = Math.max(backoffMs(task.retry, failures, random), failure.retryAfterMs ?? 0);
    if (task.wasElsewhere) return { strategy: 'reroute', delayMs };
    return { strategy: task.hasCheckpoint ? 'checkpoint-resume' : 'retry', delayMs };
  }
  return { strategy: task.critical ? 'none' : 'degrade' };
}

/**
 * Milliseconds to wait after the `failures`-th failed attempt (1 for the first). `full` and `equal` jitter as in
 * "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export function backoffMs(policy: RetryPolicy, failures: number, random: number): number {
  const growth = { fixed: 1, linear: failures, exponential: 2 ** Math.min(failures - 1, 52) }[policy.backoff];
  const delayMs = Math.min(policy.delayMs * growth, policy.maxDelayMs);
  const jittered = { none: delayMs, full: delayMs * random, equal: delayMs / 2 + (delayMs / 2) * random }[
    policy.jitter
  ];
  return Math.round(jittered);
}

function matches(retryOn: readonly string[], error: string): boolean {
  return retryOn.some((name) => name === '*' || name === 'States.ALL' || name === error);
}
