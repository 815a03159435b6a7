import type { Expression } from '../../core/expression/index.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { StateFailure } from './errors.ts';
import type { Run, Scope } from './run.ts';

/** One state being run: what its expressions can see. */
export class Frame {
  readonly scope: Scope;
  readonly run: Run;
  readonly stateName: string;
  readonly input: JsonValue;
  readonly #enteredMs: number;
  readonly #enteredEvent: number;
  readonly #item: JsonObject | undefined;
  #retryCount = 0;
  #taskToken: string | undefined;
  readonly #states: StatesVariable;
  #context: JsonObject | undefined;

  private constructor(
    scope: Scope,
    stateName: string,
    input: JsonValue,
    entered: { ms: number; event: number },
    item: JsonObject | undefined,
  ) {
    this.scope = scope;
    this.run = scope.run;
    this.stateName = stateName;
    this.input = input;
    this.#enteredMs = entered.ms;
    this.#enteredEvent = entered.event;
    this.#item = item;
    this.#states = { input, result: undefined, errorOutput: undefined };
  }

  static enter(scope: Scope, stateName: string, input: JsonValue): Frame {
    const entered = { ms: scope.run.host.clock.now(), event: scope.run.record(1) };
    return new Frame(scope, stateName, input, entered, scope.item);
  }

  /** The same state with another `Map.Item` in its context, for an ItemSelector. */
  forItem(item: JsonObject): Frame {
    const entered = { ms: this.#enteredMs, event: this.#enteredEvent };
    return new Frame(this.scope, this.stateName, this.input, entered, item);
  }

  /** `$states.context`. */
  get context(): JsonObject {
    return (this.#context ??= {
      ...this.run.identity,
      State: {
        EnteredTime: new Date(this.#enteredMs).toISOString(),
        Name: this.stateName,
        RetryCount: this.#retryCount,
      },
      ...(this.#item && { Map: { Item: this.#item } }),
      ...(this.#taskToken !== undefined && { Task: { Token: this.#taskToken } }),
    });
  }

  set taskToken(token: string) {
    this.#taskToken = token;
    this.#context = undefined;
  }

  /** From here on expressions see `$states.result`. */
  set result(result: JsonValue) {
    this.#states.result = result;
    this.#states.errorOutput = undefined;
  }

  /** From here on expressions see `$states.errorOutput`, and no result. */
  set errorOutput(errorOutput: JsonObject) {
    this.#states.result = undefined;
    this.#states.errorOutput = errorOutput;
  }

  /** Starts the state over after a failure. */
  retry(): void {
    this.#retryCount++;
    this.#context = undefined;
    this.#states.result = undefined;
    this.#states.errorOutput = undefined;
  }

  evaluate(expression: Expression): unknown {
    const { bindings } = this.scope;
    bindings.states = mayReadContext(expression) ? withContext(this, this.#states) : this.#states;
    return expression.evaluate(undefined, bindings, this.run.ambient);
  }

  /** A failure of this state, worded as the service words its own. */
  failure(error: string, detail: string): StateFailure {
    return new StateFailure(
      error,
      `An error occurred while executing the state '${this.stateName}' (entered at the event id #${this.#enteredEvent}). ${detail}`,
    );
  }
}

/** `$states` for expressions that never look at its context, which most don't: a plain object is cheaper by far. */
interface StatesVariable {
  input: JsonValue;
  result: JsonValue | undefined;
  errorOutput: JsonObject | undefined;
}

const readers = new WeakMap<Expression, boolean>();

/** Whether an expression may read `$states.context`, by name, by wildcard or by handing `$states` on whole. */
function mayReadContext(expression: Expression): boolean {
  let may = readers.get(expression);
  if (may === undefined) {
    may = /context|\*|\$states(?!\s*\.\s*[A-Za-z])/.test(expression.source);
    readers.set(expression, may);
  }
  return may;
}

/** The context object is made only for who reads it. */
function withContext(frame: Frame, { input, result, errorOutput }: StatesVariable): Record<string, unknown> {
  return {
    input,
    get context() {
      return frame.context;
    },
    ...(result !== undefined && { result }),
    ...(errorOutput !== undefined && { errorOutput }),
  };
}
