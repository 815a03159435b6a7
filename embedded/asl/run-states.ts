import type { JsonValue } from '../../core/json.ts';
import { Cancellation } from './cancellation.ts';
import type { State, States } from './context.ts';
import { Cancelled } from './errors.ts';
import { Frame } from './frame.ts';
import type { Scope } from './run.ts';
import type { MaybePromise, Step } from './types.ts';

/** Runs a sequence of states to its end. Errors: `StateFailure`, `Cancelled`. */
export async function runStates(states: States, input: JsonValue, scope: Scope): Promise<JsonValue> {
  let value = input;
  let name: string | undefined = states.startAt;
  while (name !== undefined) {
    scope.cancellation.throwIfCancelled();
    scope.run.host.onState?.(name);
    const state: State = states.byName.get(name)!;
    const pending: MaybePromise<Step> = state.run(Frame.enter(scope, name, value));
    // Awaiting what is there already would cost as much as the state itself.
    const step: Step = pending instanceof Promise ? await pending : pending;
    value = step.output;
    name = step.next;
  }
  return value;
}

/** Runs work under a cancellation of its own within the scope's; the first failure cancels the rest. */
export async function together<T>(
  scope: Scope,
  work: (cancellation: Cancellation) => Promise<T>,
): Promise<T> {
  const group = new Cancellation();
  const leave = scope.cancellation.onCancel((reason) => group.cancel(reason));
  try {
    return await work(group);
  } catch (error) {
    group.cancel(new Cancelled('sibling'));
    throw error;
  } finally {
    leave();
  }
}
