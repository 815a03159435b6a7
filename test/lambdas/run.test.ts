import { describe, expect, test, vi } from 'vitest';
import { EmbeddedTaskTypes } from '../../adapters/embedded/task-types.ts';
import type { JsonValue } from '../../core/json.ts';
import { PermanentFailure, type TaskContext } from '../../core/task/handler.ts';
import { createTaskRunner, type RunRequest } from '../../lambdas/run/run.ts';
import { VirtualClock } from '../embedded/virtual-clock.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function setUp(
  handler: (input: never, context: TaskContext) => unknown,
  check?: (input: JsonValue) => string[],
) {
  const types = new EmbeddedTaskTypes();
  types.offer('work', { handler: handler as never, source: 'inline', ...(check ? { check } : {}) });
  const clock = new VirtualClock();
  const checkpoints = new Map<string, JsonValue>();
  const kept = new Map<string, Uint8Array>();
  let newest = 1;
  const runner = createTaskRunner({
    types,
    clock,
    logger: silent,
    executionStore: {
      async saveCheckpoint({ executionId, taskId, attempt }, value) {
        if (attempt < newest) return false;
        checkpoints.set(`${executionId}/${taskId}`, value);
        return true;
      },
      checkpoint: async ({ executionId, taskId }) => checkpoints.get(`${executionId}/${taskId}`),
    },
    payloads: {
      async put(bytes) {
        const ref = `sha256:${kept.size}`;
        kept.set(ref, bytes);
        return ref;
      },
      get: async (ref) => kept.get(ref),
    },
  });
  const run = (more: Partial<RunRequest> = {}) =>
    runner.run({ executionId: 'exe_1', taskId: 'a', attempt: 1, type: 'work', input: {}, ...more });
  const overtake = (attempt: number) => (newest = attempt);
  return { runner, run, clock, checkpoints, kept, overtake, types };
}

/** A handler that never ends, whatever it is told. */
const deaf = () => new Promise<never>(() => {});

describe('what a handler gets', () => {
  test('its input, and the same idempotency key for every attempt', async () => {
    const { run } = setUp((input, context) => [input, context.idempotencyKey, context.attempt] as never);
    expect(await run({ input: { n: 1 } })).toEqual([{ n: 1 }, 'exe_1/a', 1]);
    expect(await run({ input: { n: 1 }, attempt: 2 })).toEqual([{ n: 1 }, 'exe_1/a', 2]);
  });

  test('a context that can be taken apart', async () => {
    const { run } = setUp(async (_input, context) => {
      const { signal, checkpoint, logger } = context;
      // oxlint-disable-next-line typescript/unbound-method -- taking it off its object is what is tested
      const { heartbeat } = context;
      heartbeat();
      logger.info('here');
      await checkpoint.save(1);
      return signal.aborted;
    });
    expect(await run()).toBe(false);
  });

  test('a later attempt resumes from the checkpoint of an earlier one, large ones too', async () => {
    const large = 'x'.repeat(300_000);
    const { run, kept } = setUp(async (_input, { checkpoint, attempt }) => {
      const saved = await checkpoint.load<{ page: number }>();
      if (attempt === 1) await checkpoint.save({ page: 7, large });
      return saved?.page ?? null;
    });
    expect(await run()).toBeNull();
    expect(kept.size).toBe(1);
    expect(await run({ attempt: 2 })).toBe(7);
  });

  test('refuses a checkpoint once a newer attempt has taken over, and tells the handler to stop', async () => {
    let aborted: boolean | undefined;
    const { run, overtake } = setUp(async (_input, { checkpoint, signal }) => {
      try {
        await checkpoint.save('late');
      } finally {
        aborted = signal.aborted;
      }
    });
    overtake(2);
    await expect(run()).rejects.toMatchObject({ name: 'Fenced', retryable: false });
    expect(aborted).toBe(true);
  });
});

describe('what a handler gives back', () => {
  test.each([
    ['nothing', undefined, null],
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['absent fields', { a: undefined, b: 1 }, { b: 1 }],
    ['holes in a list', [undefined, 1], [null, 1]],
    ['an instance of a class', Object.assign(Object.create({ method() {} }) as object, { a: 1 }), { a: 1 }],
  ])('%s becomes JSON', async (_what, output, json) => {
    const { run } = setUp(() => output);
    expect(await run()).toEqual(json);
  });

  test('plain values are passed on, not copied', async () => {
    const output = { list: [1, { a: 'b' }] };
    expect(await setUp(() => output).run()).toBe(output);
  });

  const cycle: Record<string, unknown> = {};
  cycle.inner = { cycle };
  test.each([
    ['a function', { f: () => 1 }, 'a function at output.f'],
    ['a BigInt', [1n], 'the BigInt 1n at output[0]'],
    ['a number that is none', { a: { b: Number.NaN } }, 'the number NaN at output.a.b'],
    ['a cycle', cycle, 'a reference to an object that holds it at output.inner.cycle'],
    ['a map', new Map(), 'a Map at output'],
    ['bytes', { b: new Uint8Array(2) }, 'bytes at output.b'],
    ['a symbol', Symbol('s'), 'a symbol at output'],
  ])('refuses %s and says where it is', async (_what, output, words) => {
    const { run } = setUp(() => output);
    await expect(run()).rejects.toMatchObject({
      name: 'InvalidTaskOutput',
      retryable: false,
      message: expect.stringContaining(words),
    });
  });
});

describe('failures', () => {
  class QuotaExceeded extends Error {}
  const call = { executionId: 'exe_1', taskId: 'a', run: 1, hops: 0, attempt: 1, type: 'work' };
  test.each([
    ['a string', () => 'no luck', { error: 'NotAnError', retryable: true }, 'no luck (thrown as string'],
    ['undefined', () => undefined, { error: 'NotAnError', retryable: true }, 'thrown as undefined'],
    ['an error of a class of its own', () => new QuotaExceeded('full'), { error: 'QuotaExceeded' }, 'full'],
    [
      'a permanent one',
      () => new PermanentFailure('never'),
      { error: 'PermanentFailure', retryable: false },
      'never',
    ],
    [
      'its cause',
      () => new Error('outer', { cause: new Error('inner') }),
      { error: 'Error' },
      'outer; caused by inner',
    ],
    [
      'several at once',
      () => new AggregateError([new Error('one'), new PermanentFailure('two')], 'both failed'),
      { error: 'AggregateError', retryable: false },
      'both failed; one; two',
    ],
    [
      'a wish to wait',
      () => Object.assign(new Error('busy'), { retryAfterMs: 500 }),
      { retryAfterMs: 500 },
      'busy',
    ],
  ])('%s is reported by name', async (_what, thrown, report, cause) => {
    for (const handler of [
      () => {
        throw thrown();
      },
      async () => {
        await Promise.resolve();
        throw thrown();
      },
    ]) {
      const result = await setUp(handler).runner.call(call);
      expect(result).toMatchObject({ ok: false, failure: report });
      expect(result).toMatchObject({ failure: { cause: expect.stringContaining(cause) } });
    }
  });

  test('refuses an input that the type does not take, before the handler runs', async () => {
    const handler = vi.fn();
    const { run } = setUp(handler, () => ['url is missing']);
    await expect(run()).rejects.toMatchObject({
      name: 'InvalidTaskInput',
      retryable: false,
      message: 'The input of "work" is wrong: url is missing. Mend the task\'s "input".',
    });
    expect(handler).not.toHaveBeenCalled();
  });

  test('fails when the type has gone since the task was routed', async () => {
    const { run } = setUp(() => 1);
    await expect(run({ type: 'other' })).rejects.toMatchObject({ name: 'TaskTypeGone' });
  });
});

describe('limits', () => {
  test('ends an attempt at its timeout although the handler ignores its signal', async () => {
    let signal: AbortSignal | undefined;
    const { run, runner, clock } = setUp((_input, context) => {
      signal = context.signal;
      return deaf();
    });
    const outcome = expect(run({ timeoutMs: 1_000 })).rejects.toMatchObject({ name: 'TaskTimeout' });
    await clock.advance(999);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    await outcome;
    expect(signal?.reason).toMatchObject({ name: 'TaskTimeout' });
    expect(runner.live()).toBe(0);
  });

  test('ends an attempt when its host has no more time for it, and says what to do', async () => {
    const { runner, clock } = setUp(deaf);
    const call = { executionId: 'exe_1', taskId: 'a', run: 1, hops: 0, attempt: 1, type: 'work' };
    const hostLimit = { ms: 500, fix: 'Ask for more.' };
    const [short, long] = [
      { ...call, timeoutMs: 400 },
      { ...call, timeoutMs: 600 },
    ].map((each) => runner.call(each, hostLimit));
    await clock.advance(500);
    expect(await short).toMatchObject({
      failure: { error: 'TaskTimeout', cause: expect.stringContaining('longer than 400 ms') },
    });
    expect(await long).toMatchObject({
      failure: {
        error: 'TaskTimeout',
        cause: 'The attempt took longer than the 500 ms that its host had for it. Ask for more.',
        retryable: true,
      },
    });
  });

  test('a sign of life puts the heartbeat limit off, a checkpoint too', async () => {
    const { run, clock } = setUp(async (_input, context) => {
      await clock.sleep(90);
      context.heartbeat();
      await clock.sleep(90);
      await context.checkpoint.save(1);
      await clock.sleep(90);
      return 'alive';
    });
    const outcome = run({ heartbeatMs: 100 });
    await clock.advance(270);
    expect(await outcome).toBe('alive');
  });

  test('ends an attempt that gives no sign of life', async () => {
    const { run, clock } = setUp(deaf);
    const outcome = expect(run({ heartbeatMs: 100 })).rejects.toMatchObject({ name: 'HeartbeatTimeout' });
    await clock.advance(100);
    await outcome;
  });

  test('no timer is left when the attempt ends first', async () => {
    const { run, clock } = setUp(() => 1);
    await run({ timeoutMs: 1_000, heartbeatMs: 100 });
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
  });

  test('what an abandoned handler does later changes nothing', async () => {
    let finish: (value: string) => void = () => {};
    const { run, clock } = setUp(() => new Promise<string>((resolve) => (finish = resolve)));
    const outcome = expect(run({ timeoutMs: 10 })).rejects.toMatchObject({ name: 'TaskTimeout' });
    await clock.advance(10);
    finish('too late');
    await outcome;
  });
});

describe('stopping', () => {
  test('cancel ends the attempts of one execution, or of one task, at once', async () => {
    const { run, runner } = setUp(deaf);
    const [first, second] = [run(), run({ taskId: 'b' })];
    const other = run({ executionId: 'exe_2' });
    expect(runner.abort('exe_1', 'a', 'not needed any more')).toBe(1);
    await expect(first).rejects.toMatchObject({
      name: 'TaskCancelled',
      message: 'not needed any more',
      retryable: false,
    });
    expect(runner.abort('exe_1')).toBe(1);
    await expect(second).rejects.toMatchObject({ name: 'TaskCancelled' });
    expect(runner.live()).toBe(1);
    runner.stop();
    await expect(other).rejects.toMatchObject({ name: 'HostStopping' });
  });

  test('the caller can end an attempt by a signal', async () => {
    const { run } = setUp(deaf);
    const controller = new AbortController();
    const outcome = run({ signal: controller.signal });
    controller.abort('enough');
    await expect(outcome).rejects.toMatchObject({ name: 'TaskCancelled', message: 'enough' });
  });

  test('a signal asked for after the stop is aborted already', async () => {
    let late: (() => AbortSignal) | undefined;
    const { run, runner } = setUp((_input, context) => {
      late = () => context.signal;
      return deaf();
    });
    const outcome = run().catch((error: Error) => error.name);
    runner.abort('exe_1');
    expect(await outcome).toBe('TaskCancelled');
    expect(late?.().aborted).toBe(true);
  });
});
