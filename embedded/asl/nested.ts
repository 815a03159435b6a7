import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { StateFailure } from './errors.ts';
import type { Run } from './run.ts';
import { uuid } from './functions.ts';
import type { StateMachine } from './machine.ts';
import type { Host, RunResult, TaskCall } from './types.ts';

interface Started {
  executionArn: string;
  name: string;
  stateMachineArn: string;
  input: JsonValue;
  startMs: number;
}

/**
 * Runs another machine as `states:startExecution` does: at once with its ARN, or with `.sync` and `.sync:2` when it has ended.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
 */
export async function startNested(run: Run, call: TaskCall): Promise<JsonValue> {
  const { machine, started } = await begin(run, call);
  const waits = call.resource.endsWith('.sync') || call.resource.endsWith('.sync:2');
  const host: Host = {
    ...run.host,
    signal: waits ? call.signal : undefined,
    context: {
      Execution: { Id: started.executionArn, Name: started.name },
      StateMachine: { Id: started.stateMachineArn, Name: started.stateMachineArn.split(':').at(-1)! },
    },
  };
  const ended = machine.run(started.input, host);
  if (!waits) {
    // Its own outcome is nobody's here; what can still reject is a fault of the host's clock.
    ended.catch(() => undefined);
    return { ExecutionArn: started.executionArn, StartDate: started.startMs };
  }
  return report(started, await ended, run.host.clock.now(), call.resource.endsWith(':2'));
}

async function begin(run: Run, call: TaskCall): Promise<{ machine: StateMachine; started: Started }> {
  const given = isObject(call.arguments) ? call.arguments : {};
  const { StateMachineArn: stateMachineArn, Name, Input } = given;
  if (typeof stateMachineArn !== 'string')
    throw new StateFailure(
      'States.Runtime',
      'The field StateMachineArn is required in Arguments and must be a string.',
    );
  const machine = await run.host.stateMachines!(stateMachineArn);
  if (machine === undefined)
    throw new StateFailure(
      'StepFunctions.StateMachineDoesNotExistException',
      `State Machine Does Not Exist: '${stateMachineArn}'`,
    );
  const name = typeof Name === 'string' ? Name : uuid(run.random);
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const input = inputOf(Input as JsonValue | undefined);
  return { machine, started: { executionArn, name, stateMachineArn, input, startMs: run.host.clock.now() } };
}

function inputOf(given: JsonValue | undefined): JsonValue {
  if (typeof given !== 'string') return given ?? {};
  try {
    return JSON.parse(given) as JsonValue;
  } catch {
    throw new StateFailure(
      'StepFunctions.InvalidExecutionInputException',
      'Invalid State Machine Execution Input: the text in Input is not JSON',
    );
  }
}

/** What DescribeExecution says, as `.sync` gives it (Input and Output as text) or `.sync:2` (as JSON). */
function report(started: Started, result: RunResult, stopMs: number, asJson: boolean): JsonValue {
  const written = (value: JsonValue): JsonValue => (asJson ? value : JSON.stringify(value));
  if (result.status === 'SUCCEEDED') {
    return {
      ...described(started, result.status, stopMs),
      Input: written(started.input),
      Output: written(result.output),
      OutputDetails: { Included: true },
    };
  }
  throw new StateFailure(
    'States.TaskFailed',
    JSON.stringify({
      ...(result.cause !== undefined && { Cause: result.cause }),
      ...(result.error !== undefined && { Error: result.error }),
      ...described(started, result.status, stopMs),
    }),
  );
}

function described(started: Started, status: RunResult['status'], stopMs: number): JsonObject {
  return {
    ExecutionArn: started.executionArn,
    Input: JSON.stringify(started.input),
    InputDetails: { Included: true },
    Name: started.name,
    RedriveCount: 0,
    RedriveStatus: status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    ...(status === 'SUCCEEDED' && { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' }),
    StartDate: started.startMs,
    StateMachineArn: started.stateMachineArn,
    Status: status,
    StopDate: stopMs,
  };
}
