import type { JsonValue } from '../../core/json.ts';
import { loadStateMachine } from './load.ts';
import type { Host, RunResult } from './types.ts';

export { loadStateMachine } from './load.ts';
export { StateMachine } from './machine.ts';
export { TaskDoesNotExist, TaskTokens } from './task-tokens.ts';
export type { Host, Invoke, RunResult, TaskCall } from './types.ts';

/**
 * Loads a definition and runs it once.
 * Errors: `InvalidDefinition`; what goes wrong in the run is in the result.
 */
export async function runStateMachine(
  definition: object | string,
  input: JsonValue,
  host: Host,
): Promise<RunResult> {
  return loadStateMachine(definition).run(input, host);
}
