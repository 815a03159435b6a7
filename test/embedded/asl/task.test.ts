import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../virtual-clock.ts';
import { failure, outputOf, runStates, task } from './support.ts';

describe('a Task state', () => {
  it('hands on its input and gives the result', async () => {
    const { result, calls } = await runStates(
      { S: { ...task, End: true } },
      { input: { n: 1 }, invoke: () => ({ doubled: 2 }) },
    );
    expect(result).toEqual({ status: 'SUCCEEDED', output: { doubled: 2 } });
    expect(calls).toEqual([{ resource: task.Resource, arguments: { n: 1 }, atMs: 0 }]);
  });

  it('evaluates Arguments, Output and Assign', async () => {
    const { result, calls } = await runStates(
      {
        S: {
          ...task,
          Arguments: { FunctionName: 'f', Payload: '{% $states.input.n + 1 %}' },
          Assign: { seen: '{% $states.result.value %}' },
          Output: { was: '{% $states.input.n %}', is: '{% $states.result.value %}' },
          Next: 'T',
        },
        T: { Type: 'Succeed', Output: ['{% $states.input %}', '{% $seen %}'] },
      },
      { input: { n: 1 }, invoke: () => ({ value: 'v' }) },
    );
    expect(calls[0]?.arguments).toEqual({ FunctionName: 'f', Payload: 2 });
    expect(result.output).toEqual([{ was: 1, is: 'v' }, 'v']);
  });

  it('takes a result of undefined as null', async () => {
    expect(await outputOf({ ...task, End: true }, {}, { invoke: () => undefined })).toBeNull();
  });

  it('fails with the name and message of what the host throws', async () => {
    const { result } = await runStates(
      { S: { ...task, End: true } },
      { invoke: () => Promise.reject(failure('CustomError', 'no luck')) },
    );
    expect(result).toEqual({ status: 'FAILED', error: 'CustomError', cause: 'no luck' });
  });

  it('fails with States.Timeout and aborts the call when it takes too long', async () => {
    let aborted: AbortSignal | undefined;
    const { result, tookMs } = await runStates(
      { S: { ...task, TimeoutSeconds: '{% $states.input.limit %}', End: true } },
      {
        input: { limit: 5 },
        invoke(call) {
          aborted = call.signal;
          return new Promise(() => undefined);
        },
      },
    );
    expect(result).toEqual({ status: 'FAILED', error: 'States.Timeout' });
    expect(tookMs).toBe(5000);
    expect(aborted?.aborted).toBe(true);
  });

  it('lives on heartbeats and fails with States.HeartbeatTimeout without them', async () => {
    const clock = new VirtualClock();
    const { result, tookMs } = await runStates(
      { S: { ...task, TimeoutSeconds: 60, HeartbeatSeconds: 2, End: true } },
      {
        clock,
        async invoke(call) {
          for (let beat = 0; beat < 2; beat++) {
            await clock.sleep(1500);
            call.heartbeat();
          }
          return new Promise(() => undefined);
        },
      },
    );
    expect(result.error).toBe('States.HeartbeatTimeout');
    expect(tookMs).toBe(5000);
  });

  it('fails with States.QueryEvaluationError where an expression gives nothing', async () => {
    const { result, calls } = await runStates({
      S: { ...task, Arguments: { a: { b: '{% $states.input.x %}' } }, End: true },
    });
    expect(calls).toEqual([]);
    expect(result).toEqual({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$states.input.x' specified for the field 'Arguments/a/b' returned nothing (undefined).",
    });
  });

  it('fails with States.QueryEvaluationError where an expression gives the wrong type', async () => {
    const { result } = await runStates(
      { S: { ...task, TimeoutSeconds: '{% $states.input.limit %}', End: true } },
      { input: { limit: 'soon' } },
    );
    expect(result.error).toBe('States.QueryEvaluationError');
    expect(result.cause).toContain("Expected 'number', but was 'string' for value: \"soon\"");
  });

  it('fails with the code of a JSONata error', async () => {
    const { result } = await runStates(
      { S: { ...task, Output: "{% $states.result.n + 'a' %}", End: true } },
      { invoke: () => ({ n: 1 }) },
    );
    expect(result.error).toBe('States.QueryEvaluationError');
    expect(result.cause).toContain(
      "specified for the field 'Output' threw an error during evaluation. T2002: ",
    );
  });

  it('gives the call its context', async () => {
    let seen: unknown;
    await runStates(
      { S: { ...task, End: true } },
      {
        input: { a: 1 },
        host: { context: { Execution: { Name: 'run-1' }, StateMachine: { Name: 'm' } } },
        invoke(call) {
          seen = call.context;
          return null;
        },
      },
    );
    expect(seen).toMatchObject({
      Execution: { Name: 'run-1', Input: { a: 1 }, StartTime: '2026-11-21T08:00:00.000Z' },
      State: { Name: 'S', EnteredTime: '2026-11-21T08:00:00.000Z', RetryCount: 0 },
      StateMachine: { Name: 'm' },
    });
  });
});
