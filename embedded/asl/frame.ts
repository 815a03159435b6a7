import type { Ambient, Expression } from '../../core/expression/index.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Random } from '../../core/ports/random.ts';
import type { Cancellation } from './cancellation.ts';
import { StateFailure } from './errors.ts';
import { uuid } from './functions.ts';
import type { Host } from './types.ts';

/** The service ends an execution at this many events of its history. */
const historyEventsMax = 25_000;
const systemRandom: Random = { next: () => Math.random() };

/** One execution: what all of its states share. */
export class Run {
  readonly host: Host;
  readonly input: JsonValue;
  readonly random: Random;
  readonly ambient: Ambient;
  readonly startMs: number;
  readonly #machineName: string;
  #identity: { Execution: JsonObject; StateMachine: JsonObject } | undefined;
  #events = 1;

  constructor(host: Host, input: JsonValue, machineName: string) {
    this.host = host;
    this.input = input;
    this.random = host.random ?? systemRandom;
    this.ambient = { now: () => host.clock.now(), random: () => this.random.next() };
    this.startMs = host.clock.now();
    this.#machineName = machineName;
  }

  /** Counts what the service would write into the history; gives the last event's number. */
  record(events: number): number {
    this.#events += events;
    if (this.#events > historyEventsMax)
      throw new StateFailure(
        'States.Runtime',
        `The execution reached the maximum number of history events (${historyEventsMax}).`,
      );
    return this.#events;
  }

  /** `$states.context` without its per-state part. */
  get identity(): { Execution: JsonObject; StateMachine: JsonObject } {
    return (this.#identity ??= this.#identify());
  }

  #identify(): { Execution: JsonObject; StateMachine: JsonObject } {
    const account = 'arn:aws:states:us-east-1:123456789012';
    const given = this.host.context;
    const machineName = textOr(given?.StateMachine?.Name, () => this.#machineName);
    const name = textOr(given?.Execution?.Name, () => uuid(this.random));
    return {
      Execution: {
        Id: `${account}:execution:${machineName}:${name}`,
        Input: this.input,
        Name: name,
        RoleArn: 'arn:aws:iam::123456789012:role/state-machine',
        StartTime: new Date(this.startMs).toISOString(),
        RedriveCount: 0,
        ...given?.Execution,
      },
      StateMachine: {
        Id: `${account}:stateMachine:${machineName}`,
        Name: machineName,
        ...given?.StateMachine,
      },
    };
  }
}

function textOr(value: JsonValue | undefined, otherwise: () => string): string {
  return typeof value === 'string' ? value : otherwise();
}

/** The variables and the cancellation that one sequence of states runs under: the machine, a branch or an iteration. */
export class Scope {
  readonly run: Run;
  readonly cancellation: Cancellation;
  /** `Map.Item` of the context object. */
  readonly item: JsonObject | undefined;
  /** The variables, and under `states` what the running state's expressions see as `$states`. */
  readonly bindings: Record<string, unknown>;

  constructor(run: Run, cancellation: Cancellation, variables: Record<string, unknown>, item?: JsonObject) {
    this.run = run;
    this.cancellation = cancellation;
    this.bindings = { ...variables };
    this.item = item;
  }

  /** A scope within this one: it reads these variables and assigns its own. */
  child(cancellation: Cancellation, item: JsonObject | undefined = this.item): Scope {
    return new Scope(this.run, cancellation, this.bindings, item);
  }

  assign(variables: JsonObject): void {
    Object.assign(this.bindings, variables);
  }

  /** Rejects with `Cancelled` when the scope is cancelled. */
  sleep(ms: number): Promise<void> {
    return this.run.host.clock.sleep(ms, this.cancellation.signal).catch((error) => {
      throw this.cancellation.reason ?? error;
    });
  }
}

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
  #states: Record<string, unknown>;
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
    this.#states = statesVariable(this, undefined, undefined);
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
    this.#states = statesVariable(this, { result }, undefined);
  }

  /** From here on expressions see `$states.errorOutput`, and no result. */
  set errorOutput(errorOutput: JsonObject) {
    this.#states = statesVariable(this, undefined, { errorOutput });
  }

  /** Starts the state over after a failure. */
  retry(): void {
    this.#retryCount++;
    this.#context = undefined;
    this.#states = statesVariable(this, undefined, undefined);
  }

  evaluate(expression: Expression): unknown {
    const { bindings } = this.scope;
    bindings.states = this.#states;
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

/** The context object is made only for who reads it. */
function statesVariable(
  frame: Frame,
  result: { result: JsonValue } | undefined,
  error: { errorOutput: JsonObject } | undefined,
): Record<string, unknown> {
  return {
    input: frame.input,
    get context() {
      return frame.context;
    },
    ...result,
    ...error,
  };
}
