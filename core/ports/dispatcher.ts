import type { JsonObject, JsonValue } from '../json.ts';

/** State machines, by what they are started as; `long` is `task` on the Standard lane, where an attempt may take hours. */
export type MachineName = 'workflow' | 'task' | 'long';

/** Starts state machines. */
export interface Dispatcher {
  /** Starts one, unless one of this name runs already. Resolves when the start is accepted, not when it ends. */
  start(machine: MachineName, name: string, input: JsonObject): Promise<void>;
}

/** Answers states that wait on a task token. An unknown token is no error: its state is gone, or asks again when it returns. */
export interface TaskTokens {
  succeed(token: string, output: JsonValue): Promise<void>;
  fail(token: string, error: string, cause: string): Promise<void>;
}
