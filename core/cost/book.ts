import type { MachineName } from '../ports/dispatcher.ts';
import {
  billedMs,
  FUNCTION_MEMORY_MB,
  functionMs,
  type FunctionName,
  TRANSITIONS_OF_START_AND_END,
} from './footprint.ts';
import type { UnitName } from './prices.ts';
import type { Units } from './units.ts';

/** How often each thing was done: `function.route`, `states.task`, `store.changeTask` … */
export type Counts = Record<string, number>;

/** What an execution made AWS do: counted, and in units of the bill. */
export class Book {
  readonly counts: Counts = {};
  readonly units: Units = {};
  #requests = 0;

  count(name: string, by = 1): void {
    if (by > 0) this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  add(unit: UnitName, quantity: number): void {
    if (quantity !== 0) this.units[unit] = (this.units[unit] ?? 0) + quantity;
  }

  /** Calls of a service that the function under way waits for. */
  request(times = 1): void {
    this.#requests += times;
  }

  /** How many calls of services `work` waits for. */
  during(work: () => void): number {
    const before = this.#requests;
    this.#requests = 0;
    work();
    const requests = this.#requests;
    this.#requests = before;
    return requests;
  }

  machine(name: MachineName): void {
    this.count(`machine.${name}`);
    if (name === 'task') this.add('expressRequests', 1);
    else this.add('transitions', TRANSITIONS_OF_START_AND_END);
  }

  states(machine: MachineName, entered: number): void {
    this.count(`states.${machine}`, entered);
    if (machine !== 'task') this.add('transitions', entered);
  }

  /** One call of a function, which does `work` and runs `ownMs` beside. Gives how long it took. */
  invoke(name: FunctionName, work: () => void, ownMs = 0): number {
    this.count(`function.${name}`);
    this.add('lambdaRequests', 1);
    const ms = functionMs(FUNCTION_MEMORY_MB[name], this.during(work)) + ownMs;
    this.#time(name, billedMs(ms));
    return ms;
  }

  /** More that one call of a function does, which is counted already. */
  within(name: FunctionName, work: () => void): void {
    const memoryMb = FUNCTION_MEMORY_MB[name];
    this.#time(name, functionMs(memoryMb, this.during(work)) - functionMs(memoryMb, 0));
  }

  #time(name: FunctionName, ms: number): void {
    this.add('lambdaGbSeconds', (ms / 1000) * (FUNCTION_MEMORY_MB[name] / 1024));
  }
}
