import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { loadStateMachine } from '../../../embedded/asl/index.ts';
import { definition, runStates } from './support.ts';

const arn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:child';
const child = loadStateMachine(
  definition({
    W: { Type: 'Wait', Seconds: 2, Next: 'C' },
    C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.fail %}', Next: 'F' }], Default: 'P' },
    P: { Type: 'Pass', Output: { got: '{% $states.input %}' }, End: true },
    F: { Type: 'Fail', Error: 'E', Cause: 'C' },
  }),
  'child',
);

const start = (suffix: string, Input: JsonValue, fields: JsonObject = {}) =>
  runStates(
    {
      S: {
        Type: 'Task',
        Resource: `arn:aws:states:::states:startExecution${suffix}`,
        Arguments: { StateMachineArn: arn, Name: 'n', Input },
        ...fields,
        End: true,
      },
    },
    { host: { stateMachines: (wanted) => (wanted === arn ? child : undefined) } },
  );

const described = {
  ExecutionArn: 'arn:aws:states:eu-west-1:123456789012:execution:child:n',
  Name: 'n',
  StateMachineArn: arn,
  StartDate: Date.UTC(2026, 10, 21, 8),
  StopDate: Date.UTC(2026, 10, 21, 8, 0, 2),
};

describe('a nested execution', () => {
  it('gives its input and output as JSON with .sync:2', async () => {
    const { result, tookMs } = await start('.sync:2', { fail: false });
    expect(result.output).toMatchObject({
      ...described,
      Status: 'SUCCEEDED',
      Input: { fail: false },
      Output: { got: { fail: false } },
    });
    expect(tookMs).toBe(2000);
  });

  it('gives them as text with .sync', async () => {
    const { result } = await start('.sync', { fail: false });
    expect(result.output).toMatchObject({ Input: '{"fail":false}', Output: '{"got":{"fail":false}}' });
  });

  it('is only started without .sync', async () => {
    const { result, tookMs } = await start('', { fail: true });
    expect(result.output).toEqual({ ExecutionArn: described.ExecutionArn, StartDate: described.StartDate });
    expect(tookMs).toBe(0);
  });

  it('fails the state with States.TaskFailed and its description', async () => {
    const { result } = await start('.sync:2', { fail: true });
    expect(result.error).toBe('States.TaskFailed');
    expect(JSON.parse(result.cause!)).toMatchObject({
      ...described,
      Status: 'FAILED',
      Error: 'E',
      Cause: 'C',
    });
  });

  it('is stopped when the state times out', async () => {
    const { result } = await start('.sync:2', { fail: false }, { TimeoutSeconds: 1 });
    expect(result.error).toBe('States.Timeout');
  });

  it('fails where there is no such machine', async () => {
    const { result } = await runStates(
      {
        S: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Arguments: { StateMachineArn: 'arn:none' },
          End: true,
        },
      },
      { host: { stateMachines: () => undefined } },
    );
    expect(result.error).toBe('StepFunctions.StateMachineDoesNotExistException');
  });

  it('goes to the host where that has no machines', async () => {
    const { calls } = await runStates({
      S: {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: {},
        End: true,
      },
    });
    expect(calls).toHaveLength(1);
  });
});
