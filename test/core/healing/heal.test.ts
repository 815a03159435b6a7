import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, heal } from '../../../core/healing/heal.ts';
import { retrySchema } from '../../../core/workflow/definition-schema.ts';

const policy = (given: object) => retrySchema.parse(given);
const failure = { error: 'Busy', cause: 'try later', retryable: true };
const task = { retry: policy({ maxAttempts: 3, jitter: 'none' }), critical: true, hasCheckpoint: false };

describe('heal', () => {
  test('retries until the attempts are used up', () => {
    expect(heal(failure, 1, task, 0)).toEqual({ strategy: 'retry', delayMs: 1000 });
    expect(heal(failure, 2, task, 0)).toEqual({ strategy: 'retry', delayMs: 2000 });
    expect(heal(failure, 3, task, 0)).toEqual({ strategy: 'none' });
  });

  test('resumes from a checkpoint where there is one', () => {
    expect(heal(failure, 1, { ...task, hasCheckpoint: true }, 0).strategy).toBe('checkpoint-resume');
  });

  test('goes on without a task that is not critical', () => {
    expect(heal(failure, 3, { ...task, critical: false }, 0)).toEqual({ strategy: 'degrade' });
  });

  test('retries only the errors named, and none that no retry can mend', () => {
    const named = { ...task, retry: policy({ maxAttempts: 3, retryOn: ['Busy'] }) };
    expect(heal(failure, 1, named, 0).strategy).toBe('retry');
    expect(heal({ ...failure, error: 'Broken' }, 1, named, 0).strategy).toBe('none');
    expect(heal({ ...failure, retryable: false }, 1, named, 0).strategy).toBe('none');
  });

  test('waits at least as long as the other side asked for', () => {
    expect(heal({ ...failure, retryAfterMs: 9000 }, 1, task, 0)).toMatchObject({ delayMs: 9000 });
  });
});

describe('backoffMs', () => {
  test('grows as the policy says, up to its cap', () => {
    const delays = (backoff: string) =>
      [1, 2, 3, 4].map((n) =>
        backoffMs(policy({ backoff, delayMs: 100, maxDelayMs: 350, jitter: 'none' }), n, 0),
      );
    expect(delays('fixed')).toEqual([100, 100, 100, 100]);
    expect(delays('linear')).toEqual([100, 200, 300, 350]);
    expect(delays('exponential')).toEqual([100, 200, 350, 350]);
  });

  test('stays within the bounds of its jitter', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('none', 'full', 'equal'),
        fc.constantFrom('fixed', 'linear', 'exponential'),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (jitter, backoff, failures, delayMs, random) => {
          const given = policy({ jitter, backoff, delayMs, maxDelayMs: 50_000 });
          const whole = backoffMs({ ...given, jitter: 'none' }, failures, 0);
          const drawn = backoffMs(given, failures, random);
          expect(drawn).toBeLessThanOrEqual(whole);
          expect(drawn).toBeGreaterThanOrEqual(
            { none: whole, full: 0, equal: Math.floor(whole / 2) }[jitter],
          );
        },
      ),
    );
  });
});
