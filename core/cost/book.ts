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
  async invoke(name: FunctionName, work: () => void | Promise<void>, ownMs = 0): Promise<number> {
    this.count(`function.${name}`);
    this.add('lambdaRequests', 1);
    const ms = (await this.#during(work, name)) + functionMs(FUNCTION_MEMORY_MB[name], 0) + ownMs;
    this.#time(name, billedMs(ms));
    return ms;
  }

  /** More that one call of a function does, which is counted already. */
  async within(name: FunctionName, work: () => void | Promise<void>): Promise<void> {
    this.#time(name, await this.#during(work, name));
  }

  async #during(work: () => void | Promise<void>, name: FunctionName): Promise<number> {
    const before = this.#requests;
    this.#requests = 0;
    await work();
    const requests = this.#requests;
    this.#requests = before;
    const memoryMb = FUNCTION_MEMORY_MB[name];
    return functionMs(memoryMb, requests) - functionMs(memoryMb, 0);
  }

  #time(name: FunctionName, ms: number): void {
    this.add('lambdaGbSeconds', (ms / 1000) * (FUNCTION_MEMORY_MB[name] / 1024));
  }
}
