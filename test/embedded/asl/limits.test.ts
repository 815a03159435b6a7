import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { isTooLarge, payloadBytesMax } from '../../../embedded/asl/size.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { runStates, task } from './support.ts';

const large = 'x'.repeat(payloadBytesMax);

describe('payload limits', () => {
  it('are counted in bytes of UTF-8 JSON', () => {
    expect(isTooLarge('x'.repeat(payloadBytesMax - 2))).toBe(false);
    expect(isTooLarge('x'.repeat(payloadBytesMax - 1))).toBe(true);
    expect(isTooLarge('é'.repeat(payloadBytesMax / 2))).toBe(true);
    expect(isTooLarge('é'.repeat(payloadBytesMax / 2 - 1))).toBe(false);
  });

  it('are never missed by the quick bound', () => {
    const value = fc.jsonValue().map((inner) => inner as JsonValue);
    const unit = fc.constantFrom('a', '"', '\u0001', 'é', '😀', '\ud800');
    fc.assert(
      fc.property(value, unit, fc.integer({ min: 40_000, max: 70_000 }), (inner, character, count) => {
        const given = { inner, text: character.repeat(count), [character]: count };
        expect(isTooLarge(given)).toBe(Buffer.byteLength(JSON.stringify(given)) > payloadBytesMax);
      }),
    );
  });

  it('fail the execution with States.DataLimitExceeded', async () => {
    const runs = [
      runStates({ S: { ...task, End: true } }, { invoke: () => large }),
      runStates(
        { S: { ...task, Output: '{% $pad("x", 10000) & $states.input.t %}', End: true } },
        { input: { t: 'x'.repeat(255_000) } },
      ),
      runStates(
        { S: { Type: 'Pass', Assign: { a: '{% [$states.input, $states.input] %}' }, End: true } },
        { input: 'x'.repeat(200_000) },
      ),
      runStates(
        { S: { ...task, Arguments: '{% [$states.input, $states.input] %}', End: true } },
        { input: 'x'.repeat(200_000) },
      ),
      runStates({ S: { Type: 'Succeed' } }, { input: large }),
    ];
    for (const { result } of await Promise.all(runs)) expect(result.error).toBe('States.DataLimitExceeded');
  });

  it('can be caught by name and not by States.ALL', async () => {
    const caught = (name: string) =>
      runStates(
        {
          S: { ...task, Catch: [{ ErrorEquals: [name], Output: 'caught', Next: 'T' }], End: true },
          T: { Type: 'Succeed' },
        },
        { invoke: () => large },
      );
    expect((await caught('States.DataLimitExceeded')).result.output).toBe('caught');
    expect((await caught('States.ALL')).result.error).toBe('States.DataLimitExceeded');
  });
});

describe('an execution', () => {
  const hangs = () => new Promise<JsonValue>(() => undefined);

  it("ends as TIMED_OUT at the machine's TimeoutSeconds, whatever is caught", async () => {
    const { result, tookMs } = await runStates(
      {
        S: { ...task, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'T' }], End: true },
        T: { Type: 'Succeed' },
      },
      { top: { TimeoutSeconds: 30 }, invoke: hangs },
    );
    expect(result).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(tookMs).toBe(30_000);
  });

  it("ends as ABORTED at the host's signal, in a task, a wait and a branch", async () => {
    const stopped = async (state: 'task' | 'wait') => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      void clock.sleep(5000).then(() => controller.abort());
      let call: AbortSignal | undefined;
      const inner: JsonObject =
        state === 'task' ? { ...task, End: true } : { Type: 'Wait', Seconds: 100, End: true };
      const { result, tookMs } = await runStates(
        { S: { Type: 'Parallel', Branches: [{ StartAt: 'I', States: { I: inner } }], End: true } },
        {
          clock,
          host: { signal: controller.signal },
          invoke(given) {
            call = given.signal;
            return hangs();
          },
        },
      );
      return { result, tookMs, callAborted: call?.aborted };
    };
    expect(await stopped('task')).toEqual({ result: { status: 'ABORTED' }, tookMs: 5000, callAborted: true });
    expect(await stopped('wait')).toEqual({
      result: { status: 'ABORTED' },
      tookMs: 5000,
      callAborted: undefined,
    });
  });

  it('runs nothing when the signal was aborted before', async () => {
    const { result, calls } = await runStates(
      { S: { ...task, End: true } },
      { host: { signal: AbortSignal.abort() } },
    );
    expect(result.status).toBe('ABORTED');
    expect(calls).toEqual([]);
  });

  it('ends at 25,000 events of history', async () => {
    const { result } = await runStates({
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Condition: false, Next: 'C' }], Default: 'A' },
      C: { Type: 'Succeed' },
    });
    expect(result.error).toBe('States.Runtime');
    expect(result.cause).toContain('maximum number of history events (25000)');
  });

  it('numbers events as the service does in its causes', async () => {
    const { result } = await runStates({
      A: { Type: 'Pass', Next: 'B' },
      B: { ...task, Next: 'C' },
      C: { Type: 'Pass', Output: '{% $none %}', End: true },
    });
    expect(result.cause).toContain("executing the state 'C' (entered at the event id #9)");
  });
});
