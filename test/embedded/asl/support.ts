import type { InvalidDefinition } from '../../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { type Host, loadStateMachine, type RunResult, type TaskCall } from '../../../embedded/asl/index.ts';
import { VirtualClock } from '../virtual-clock.ts';

const START_MS = Date.UTC(2026, 10, 21, 8, 0, 0);

export interface Ran {
  result: RunResult;
  calls: { resource: string; arguments: JsonValue; atMs: number }[];
  /** Virtual milliseconds that the run took. */
  tookMs: number;
}

type Handler = (call: TaskCall, attempt: number) => JsonValue | undefined | Promise<JsonValue | undefined>;

/** Runs states of the JSONata dialect from `first` in virtual time. */
export async function runStates(
  states: JsonObject,
  options: {
    input?: JsonValue;
    first?: string;
    top?: JsonObject;
    invoke?: Handler;
    host?: Partial<Host>;
    clock?: VirtualClock;
  } = {},
): Promise<Ran> {
  const clock = options.clock ?? new VirtualClock(START_MS);
  const startMs = clock.now();
  const calls: Ran['calls'] = [];
  const machine = loadStateMachine(definition(states, options.first, options.top));
  const host: Host = {
    clock,
    random: { next: () => 0.5 },
    invoke(call) {
      calls.push({ resource: call.resource, arguments: call.arguments, atMs: clock.now() - startMs });
      return options.invoke?.(call, calls.length) ?? null;
    },
    ...options.host,
  };
  const result = await clock.drive(machine.run(options.input ?? {}, host));
  return { result, calls, tookMs: clock.now() - startMs };
}

export function definition(states: JsonObject, first?: string, top: JsonObject = {}): JsonObject {
  return { QueryLanguage: 'JSONata', StartAt: first ?? Object.keys(states)[0]!, States: states, ...top };
}

/** The output of one state on its own. */
export async function outputOf(
  state: JsonObject,
  input: JsonValue = {},
  host: Partial<Host> = {},
): Promise<JsonValue> {
  const { result } = await runStates({ S: state }, { input, host });
  if (result.status !== 'SUCCEEDED') throw new Error(`${result.status} ${result.error}: ${result.cause}`);
  return result.output;
}

/** What is wrong with a definition: a line `path: message` for each issue. */
export function issuesOf(given: object | string): string[] {
  try {
    loadStateMachine(given);
  } catch (error) {
    return (error as InvalidDefinition).issues.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

/** An error with a name, as a task throws it. */
export function failure(name: string, message = 'failed'): Error {
  return Object.assign(new Error(message), { name });
}

export const task = { Type: 'Task', Resource: 'arn:aws:lambda:eu-west-1:123456789012:function:f' };
