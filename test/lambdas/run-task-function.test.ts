import { describe, expect, test } from 'vitest';
import type { TaskCall } from '../../core/execution/steps.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Logger, TaskContext } from '../../core/task/handler.ts';
import { createTaskFunction } from '../../lambdas/run/task-function.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { VirtualClock } from '../embedded/virtual-clock.ts';

const CALL: TaskCall = { executionId: 'exe_1', taskId: 'a', run: 1, hops: 0, attempt: 1, type: 'resize' };
const MINUTE_MS = 60_000;

function setUp() {
  const clock = new VirtualClock();
  const payloads = new MemoryPayloadStore();
  const checkpoints = new Map<string, JsonValue>();
  const lines: unknown[] = [];
  const log = (message: string, fields?: Record<string, unknown>) => void lines.push([message, fields]);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  let opened = 0;
  const ports = () => {
    opened++;
    return {
      clock,
      payloads,
      logger,
      executionStore: {
        saveCheckpoint: async ({ taskId }: { taskId: string }, value: JsonValue) => {
          checkpoints.set(taskId, value);
          return true;
        },
        checkpoint: async ({ taskId }: { taskId: string }) => checkpoints.get(taskId),
      },
    };
  };
  return { clock, payloads, lines, ports, opened: () => opened };
}

describe('the function of a task type', () => {
  test('answers what the handler gives, and opens its ports once, when it is first called', async () => {
    const { ports, opened } = setUp();
    const run = await createTaskFunction('resize', { default: (n: number) => ({ n: n + 1 }) }, ports);
    expect(opened()).toBe(0);
    expect(await run({ ...CALL, input: 1 }, MINUTE_MS)).toEqual({ ok: true, output: { n: 2 } });
    expect(await run({ ...CALL, input: 2 }, MINUTE_MS)).toEqual({ ok: true, output: { n: 3 } });
    expect(opened()).toBe(1);
  });

  test('takes and gives large payloads by reference', async () => {
    const { ports, payloads } = setUp();
    const run = await createTaskFunction('resize', { handler: (text: string) => text.toUpperCase() }, ports);
    const inputRef = await payloads.put(new TextEncoder().encode(JSON.stringify('x'.repeat(300_000))));
    const result = await run({ ...CALL, inputRef }, MINUTE_MS);
    expect(result).toEqual({ ok: true, outputRef: expect.stringMatching(/^sha256:/) });
    const bytes = await payloads.get((result as { outputRef: string }).outputRef);
    expect(new TextDecoder().decode(bytes)).toBe(JSON.stringify('X'.repeat(300_000)));
  });

  test('hands the handler the whole context', async () => {
    const { ports, lines } = setUp();
    const handler = async (_input: never, context: TaskContext) => {
      context.heartbeat();
      context.logger.info('half', { done: 1 });
      const before = await context.checkpoint.load<number>();
      await context.checkpoint.save((before ?? 0) + 1);
      return [context.idempotencyKey, context.attempt, context.signal.aborted, before ?? null];
    };
    const run = await createTaskFunction('resize', { handler }, ports);
    expect(await run(CALL, MINUTE_MS)).toEqual({ ok: true, output: ['exe_1/a', 1, false, null] });
    expect(await run({ ...CALL, attempt: 2 }, MINUTE_MS)).toEqual({
      ok: true,
      output: ['exe_1/a', 2, false, 1],
    });
    expect(lines[0]).toEqual(['half', { executionId: 'exe_1', taskId: 'a', attempt: 1, done: 1 }]);
  });

  test('refuses an input that its schema does not take, as a failure that is not retried', async () => {
    const { ports } = setUp();
    const module = { handler: () => 1, inputSchema: { type: 'object', required: ['url'] } };
    const run = await createTaskFunction('resize', module, ports);
    expect(await run({ ...CALL, input: {} }, MINUTE_MS)).toEqual({
      ok: false,
      failure: {
        error: 'InvalidTaskInput',
        cause: 'The input of "resize" is wrong: url is missing. Mend the task\'s "input".',
        retryable: false,
      },
    });
  });

  test.each([
    [300, undefined, 270, 'its host had for it'],
    [300, 500, 270, 'its host had for it'],
    [MINUTE_MS, undefined, 59_000, 'its host had for it'],
    [MINUTE_MS, 2_000, 2_000, "Raise the task's timeout"],
  ])(
    'with %d ms left and a timeout of %s ends after %d ms',
    async (remainingMs, timeoutMs, endsMs, words) => {
      const { ports, clock } = setUp();
      let signal: AbortSignal | undefined;
      const handler = (_input: never, context: TaskContext) => {
        signal = context.signal;
        return new Promise<never>(() => {});
      };
      const run = await createTaskFunction('resize', { handler }, ports);
      const result = run({ ...CALL, timeoutMs }, remainingMs);
      await clock.advance(endsMs - 1);
      expect(signal?.aborted).toBe(false);
      await clock.advance(1);
      expect(signal?.aborted).toBe(true);
      expect(await result).toMatchObject({
        ok: false,
        failure: { error: 'TaskTimeout', retryable: true, cause: expect.stringContaining(words) },
      });
    },
  );

  test('fails a call for another type', async () => {
    const run = await createTaskFunction('resize', { handler: () => 1 }, setUp().ports);
    expect(await run({ ...CALL, type: 'crop' }, MINUTE_MS)).toMatchObject({
      ok: false,
      failure: { error: 'TaskTypeGone' },
    });
  });

  test('fails to start on a module without a handler, or with a schema that is none', async () => {
    const { ports } = setUp();
    await expect(createTaskFunction('resize', {}, ports)).rejects.toMatchObject({ name: 'UnusableTaskFile' });
    const module = { handler: () => 1, inputSchema: { typ: 1 } };
    await expect(createTaskFunction('resize', module, ports)).rejects.toMatchObject({
      name: 'InvalidSchema',
    });
  });
});
