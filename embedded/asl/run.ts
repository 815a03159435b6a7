import type { Ambient } from '../../core/expression/index.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Random } from '../../core/ports/random.ts';
import { Deadlines } from './deadlines.ts';
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
    const { clock } = this.run.host;
    return new Promise((resolve, reject) => {
      const wake = () => {
        leave();
        resolve();
      };
      const callOff = Deadlines.of(clock).at(clock.now() + ms, wake);
      const leave = this.cancellation.onCancel((reason) => {
        callOff();
        reject(reason);
      });
    });
  }
}
