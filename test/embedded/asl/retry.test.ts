import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { matchesError } from '../../../embedded/asl/errors.ts';
import { retryDelayMs } from '../../../embedded/asl/retry.ts';
import { failure, runStates, task } from './support.ts';

const retrying = (retry: JsonObject[], rest: JsonObject = {}): JsonObject => ({
  S: { ...task, Retry: retry, ...rest, End: true },
});
const failing = (names: (string | undefined)[]) => (_call: unknown, attempt: number) => {
  const name = names[attempt - 1];
  if (name) throw failure(name);
  return 'done';
};

describe('Retry', () => {
  it('waits longer before each retry', async () => {
    const { result, calls } = await runStates(
      retrying([{ ErrorEquals: ['E'], IntervalSeconds: 3, MaxAttempts: 3, BackoffRate: 2 }]),
      { invoke: failing(['E', 'E', 'E', undefined]) },
    );
    expect(result.output).toBe('done');
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 3000, 9000, 21000]);
  });

  it('makes three retries after 1, 2 and 4 seconds by default', async () => {
    const { result, calls } = await runStates(retrying([{ ErrorEquals: ['States.ALL'] }]), {
      invoke: failing(['E', 'E', 'E', 'E', 'E']),
    });
    expect(result.error).toBe('E');
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 1000, 3000, 7000]);
  });

  it('caps the wait at MaxDelaySeconds', async () => {
    const { calls } = await runStates(
      retrying([{ ErrorEquals: ['E'], IntervalSeconds: 3, MaxAttempts: 2, MaxDelaySeconds: 4 }]),
      { invoke: failing(['E', 'E']) },
    );
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 3000, 7000]);
  });

  it('spreads the wait under FULL jitter', async () => {
    const { calls } = await runStates(
      retrying([{ ErrorEquals: ['E'], IntervalSeconds: 10, MaxAttempts: 1, JitterStrategy: 'FULL' }]),
      { invoke: failing(['E']), host: { random: { next: () => 0.25 } } },
    );
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 2500]);
  });

  it('never retries with MaxAttempts 0', async () => {
    const { calls } = await runStates(
      retrying([{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }]),
      { invoke: failing(['E']) },
    );
    expect(calls).toHaveLength(1);
  });

  it('counts each Retrier on its own and then falls back', async () => {
    const { result, calls } = await runStates(
      {
        ...retrying(
          [
            { ErrorEquals: ['A', 'B'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
            { ErrorEquals: ['C'], IntervalSeconds: 5 },
          ],
          { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Z' }] },
        ),
        Z: { Type: 'Succeed' },
      },
      { invoke: failing(['A', 'B', 'C', 'B']) },
    );
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 1000, 3000, 8000]);
    expect(result.output).toEqual({ Error: 'B', Cause: 'failed' });
  });

  it('tells the retry count in the context', async () => {
    const { result } = await runStates(
      retrying([{ ErrorEquals: ['E'] }], { Output: '{% $states.context.State.RetryCount %}' }),
      { invoke: failing(['E', 'E']) },
    );
    expect(result.output).toBe(2);
  });

  it('gives each attempt the whole timeout', async () => {
    const { result, tookMs } = await runStates(
      retrying([{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }], { TimeoutSeconds: 10 }),
      { invoke: () => new Promise(() => undefined) },
    );
    expect(result.error).toBe('States.Timeout');
    expect(tookMs).toBe(21_000);
  });

  it('keeps every delay between nothing and the cap', () => {
    const retrier = fc.record({
      errorEquals: fc.constant<string[]>(['E']),
      intervalSeconds: fc.integer({ min: 1, max: 1000 }),
      maxAttempts: fc.constant<number>(3),
      backoffRate: fc.double({ min: 1, max: 10, noNaN: true }),
      maxDelaySeconds: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
      fullJitter: fc.boolean(),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(retrier, fc.nat(200), random, (given, retries, drawn) => {
        const delayMs = retryDelayMs(given, retries, drawn);
        const wholeMs = retryDelayMs({ ...given, fullJitter: false }, retries, drawn);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(wholeMs);
        expect(wholeMs).toBeLessThanOrEqual((given.maxDelaySeconds ?? 31_622_400) * 1000);
        if (retries > 0)
          expect(wholeMs).toBeGreaterThanOrEqual(
            retryDelayMs({ ...given, fullJitter: false }, retries - 1, drawn),
          );
      }),
    );
  });
});

describe('Catch', () => {
  const catching = (catchers: JsonObject[], rest: JsonObject = {}): JsonObject => ({
    S: { ...task, Catch: catchers, ...rest, End: true },
    Z: {
      Type: 'Pass',
      Output: { in: '{% $states.input %}', why: "{% $exists($why) ? $why : 'unset' %}" },
      End: true,
    },
  });
  const invoke = () => {
    throw failure('E', 'because');
  };

  it('hands on the error output', async () => {
    const { result } = await runStates(catching([{ ErrorEquals: ['E'], Next: 'Z' }]), { invoke });
    expect(result.output).toEqual({ in: { Error: 'E', Cause: 'because' }, why: 'unset' });
  });

  it('evaluates its own Output and Assign, and not those of the state', async () => {
    const { result } = await runStates(
      catching(
        [
          {
            ErrorEquals: ['States.TaskFailed'],
            Output: '{% $merge([$states.input, {"failed": $states.errorOutput.Error}]) %}',
            Assign: { why: '{% $states.errorOutput.Cause %}' },
            Next: 'Z',
          },
        ],
        { Assign: { why: 'not this' }, Output: 'not this' },
      ),
      { input: { a: 1 }, invoke },
    );
    expect(result.output).toEqual({ in: { a: 1, failed: 'E' }, why: 'because' });
  });

  it('catches an Output that cannot be evaluated', async () => {
    const { result } = await runStates(
      catching([{ ErrorEquals: ['States.QueryEvaluationError'], Output: 'caught', Next: 'Z' }], {
        Output: '{% $states.result.nothing %}',
      }),
    );
    expect(result.output).toMatchObject({ in: 'caught' });
  });

  it('gives an empty cause for a timeout', async () => {
    const { result } = await runStates(
      catching([{ ErrorEquals: ['States.Timeout'], Next: 'Z' }], { TimeoutSeconds: 1 }),
      {
        invoke: () => new Promise(() => undefined),
      },
    );
    expect(result.output).toMatchObject({ in: { Error: 'States.Timeout', Cause: '' } });
  });
});

describe('ErrorEquals', () => {
  it.each([
    [['E'], 'E', true],
    [['E'], 'F', false],
    [['States.ALL'], 'E', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.Runtime', false],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.Runtime'], 'States.Runtime', false],
    [['States.TaskFailed'], 'E', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.DataLimitExceeded', false],
    [['States.Timeout'], 'States.HeartbeatTimeout', true],
    [['States.HeartbeatTimeout'], 'States.Timeout', false],
  ])('of %j covers %s: %s', (errorEquals, error, covered) => {
    expect(matchesError(errorEquals, error)).toBe(covered);
  });
});
