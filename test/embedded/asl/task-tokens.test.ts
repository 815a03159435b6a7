import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { TaskDoesNotExist, TaskTokens } from '../../../embedded/asl/index.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { runStates } from './support.ts';

const waiting = (fields: JsonObject = {}): JsonObject => ({
  S: {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { token: '{% $states.context.Task.Token %}' },
    ...fields,
    End: true,
  },
});

const numbered = (): TaskTokens => {
  let count = 0;
  return new TaskTokens(() => `token-${++count}`);
};

describe('a Task that waits for its token', () => {
  it('ends with what the token is answered with, not with the result of the call', async () => {
    const tokens = numbered();
    const clock = new VirtualClock();
    const { result, calls, tookMs } = await runStates(waiting({ Output: '{% $states.result.answer %}' }), {
      clock,
      host: { tokens },
      invoke(call) {
        void clock.sleep(3000).then(() => tokens.succeed(call.taskToken!, { answer: 42 }));
        return 'ignored';
      },
    });
    expect(calls[0]?.arguments).toEqual({ token: 'token-1' });
    expect(result.output).toBe(42);
    expect(tookMs).toBe(3000);
    expect(tokens.size).toBe(0);
  });

  it('takes an answer that comes before the call returns', async () => {
    const tokens = numbered();
    const { result } = await runStates(waiting(), {
      host: { tokens },
      async invoke(call) {
        tokens.succeed(call.taskToken!, 'early');
        return 'ignored';
      },
    });
    expect(result.output).toBe('early');
  });

  it('fails as the token says', async () => {
    const tokens = numbered();
    const { result } = await runStates(waiting(), {
      host: { tokens },
      invoke: (call) => tokens.fail(call.taskToken!, 'E', 'C') as undefined,
    });
    expect(result).toEqual({ status: 'FAILED', error: 'E', cause: 'C' });
  });

  it('fails when the call itself fails', async () => {
    const { result } = await runStates(waiting(), {
      host: { tokens: numbered() },
      invoke: () => Promise.reject(new TypeError('no such function')),
    });
    expect(result).toEqual({ status: 'FAILED', error: 'TypeError', cause: 'no such function' });
  });

  it('fails without a heartbeat in time, and forgets the token', async () => {
    const tokens = numbered();
    const clock = new VirtualClock();
    const { result, tookMs } = await runStates(waiting({ HeartbeatSeconds: 10 }), {
      clock,
      host: { tokens },
      invoke: (call) => void clock.sleep(9000).then(() => tokens.heartbeat(call.taskToken!)) as undefined,
    });
    expect(result.error).toBe('States.HeartbeatTimeout');
    expect(tookMs).toBe(19_000);
    expect(() => tokens.succeed('token-1', 'late')).toThrow(TaskDoesNotExist);
  });

  it('opens a new token for each attempt', async () => {
    const tokens = numbered();
    const { result, calls } = await runStates(waiting({ Retry: [{ ErrorEquals: ['E'] }] }), {
      host: { tokens },
      invoke(call, attempt) {
        if (attempt === 1) tokens.fail(call.taskToken!, 'E');
        else tokens.succeed(call.taskToken!, 'done');
        return null;
      },
    });
    expect(result.output).toBe('done');
    expect(calls.map((call) => call.arguments)).toEqual([{ token: 'token-1' }, { token: 'token-2' }]);
  });

  it('fails with a reason where the host gives no tokens', async () => {
    const { result } = await runStates(waiting());
    expect(result.error).toBe('States.Runtime');
    expect(result.cause).toContain('The host gives no task tokens');
  });
});
