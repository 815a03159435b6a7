import type { JsonValue } from '../../core/json.ts';
import { Cancellation } from './cancellation.ts';
import type { States } from './context.ts';
import { Deadlines } from './deadlines.ts';
import { Cancelled, StateFailure } from './errors.ts';
import { Run, Scope } from './run.ts';
import { runStates } from './run-states.ts';
import { isTooLarge, payloadBytesMax } from './size.ts';
import type { Host, RunResult } from './types.ts';

/** A definition that was validated and compiled; `loadStateMachine` makes it. */
export class StateMachine {
  readonly name: string;
  readonly #states: States;
  readonly #timeoutSeconds: number | undefined;

  constructor(states: States, name: string, timeoutSeconds: number | undefined) {
    this.#states = states;
    this.name = name;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Runs one execution; any number may run at once. Payloads are handed on by reference: `host.invoke` must not
   * change its arguments. Whatever goes wrong within the machine is in the result; the promise rejects only for a
   * fault of the host's clock.
   */
  async run(input: JsonValue, host: Host): Promise<RunResult> {
    if (isTooLarge(input))
      return {
        status: 'FAILED',
        error: 'States.DataLimitExceeded',
        cause: `The execution's input exceeds the limit of ${payloadBytesMax} bytes.`,
      };
    const cancellation = new Cancellation();
    const leave = this.#limit(cancellation, host);
    try {
      const run = new Run(host, input, this.name);
      const output = await runStates(this.#states, input, new Scope(run, cancellation, {}));
      return { status: 'SUCCEEDED', output };
    } catch (error) {
      return ending(cancellation.reason ?? error);
    } finally {
      for (const undo of leave) undo();
    }
  }

  /** Lets the host's signal and the machine's own timeout cancel the run. */
  #limit(cancellation: Cancellation, { signal, clock }: Host): (() => void)[] {
    const leave: (() => void)[] = [];
    if (signal) {
      leave.push(runsUnder(signal).onCancel((reason) => cancellation.cancel(reason)));
    }
    if (this.#timeoutSeconds !== undefined) {
      const dueMs = clock.now() + this.#timeoutSeconds * 1000;
      leave.push(Deadlines.of(clock).at(dueMs, () => cancellation.cancel(new Cancelled('timeout'))));
    }
    return leave;
  }
}

const underSignals = new WeakMap<AbortSignal, Cancellation>();

/** Everything that runs under one signal: thousands of runs may share it, and listeners of `EventTarget` are dear. */
function runsUnder(signal: AbortSignal): Cancellation {
  let group = underSignals.get(signal);
  if (group === undefined) {
    const made = (group = new Cancellation());
    underSignals.set(signal, made);
    const abort = () => made.cancel(new Cancelled('host'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return group;
}

function ending(error: unknown): RunResult {
  if (error instanceof Cancelled)
    return error.by === 'timeout' ? { status: 'TIMED_OUT', error: 'States.Timeout' } : { status: 'ABORTED' };
  if (!(error instanceof StateFailure)) throw error;
  return {
    status: 'FAILED',
    ...(error.error !== undefined && { error: error.error }),
    ...(error.cause !== undefined && { cause: error.cause }),
  };
}
