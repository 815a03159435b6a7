/** What goes wrong, and the proxies around the ports that make it go wrong. */
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';
import type { Scheduler } from './scheduler.ts';

export interface CrashPoint {
  /** Port calls of its incarnation until then, from 1. */
  call: number;
  /** `after`: the call took effect, the caller never learns of it. */
  side: 'before' | 'after';
}

export interface FaultPlan {
  /** The first incarnation of the host dies at the first point, the second at the second, and so on. */
  crashes: CrashPoint[];
  restartMsMax: number;
  /** Chance that a port call, or its answer, takes up to `slowMsMax`. */
  slow: number;
  slowMsMax: number;
  /** Chances that a start of a state machine is late (and so overtaken), or comes twice. */
  lateDispatch: number;
  doubleDispatch: number;
  dispatchMsMax: number;
  /** A batch becomes durable up to this much later. */
  commitMsMax: number;
  /** Chance that a client doesn't get the answer to what it asked, and asks again. */
  lostAnswer: number;
}

export const NO_FAULTS: FaultPlan = {
  crashes: [],
  restartMsMax: 0,
  slow: 0,
  slowMsMax: 0,
  lateDispatch: 0,
  doubleDispatch: 0,
  dispatchMsMax: 0,
  commitMsMax: 0,
  lostAnswer: 0,
};

export const FAULT_KINDS = [
  'crash',
  'crashInRecovery',
  'slowCall',
  'lateDispatch',
  'doubleDispatch',
  'lostAnswer',
  'failedAttempt',
  'hungAttempt',
  'clientOperation',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
export type FaultCounts = Record<FaultKind, number>;

export const noFaultCounts = (): FaultCounts =>
  Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultCounts;

/** The part of an incarnation of the host that faults strike. */
export interface Victim {
  alive: boolean;
  calls: number;
  readonly crashAt: CrashPoint | undefined;
  crash(at: string): void;
}

interface FaultPorts {
  plan: FaultPlan;
  scheduler: Scheduler;
  rng: SeededRandom;
  counts: FaultCounts;
}

/** Lays one incarnation's faults around its ports. Once it is dead, no call of its settles any more. */
export class Faults {
  readonly #ports: FaultPorts;
  readonly #victim: Victim;
  readonly #never = new Promise<never>(() => undefined);

  constructor(victim: Victim, ports: FaultPorts) {
    this.#victim = victim;
    this.#ports = ports;
  }

  /** Every method of a port becomes a numbered call. */
  around<T extends object>(name: string, port: T): T {
    const calls = new Map<PropertyKey, unknown>();
    return new Proxy(port, {
      get: (target, key) => {
        const method: unknown = Reflect.get(target, key, target);
        if (typeof method !== 'function') return method;
        if (!calls.has(key)) {
          const run = method.bind(target) as (...given: unknown[]) => unknown;
          calls.set(key, (...given: unknown[]) => this.call(`${name}.${String(key)}`, () => run(...given)));
        }
        return calls.get(key);
      },
    });
  }

  async call<R>(name: string, run: () => R | Promise<R>, maySlow = true): Promise<R> {
    const victim = this.#victim;
    if (!victim.alive) return this.#never;
    const number = ++victim.calls;
    if (this.#crashes(number, 'before', name)) return this.#never;
    if (maySlow) await this.#slow();
    if (!victim.alive) return this.#never;
    let result: R;
    try {
      result = await run();
    } catch (error) {
      if (!victim.alive) return this.#never;
      throw error;
    }
    if (!victim.alive || this.#crashes(number, 'after', name)) return this.#never;
    if (maySlow) await this.#slow();
    return victim.alive ? result : this.#never;
  }

  /** Starts come late, in another order, or twice: delivery is at least once. */
  dispatcher(local: Dispatcher): Dispatcher {
    const { plan, scheduler, rng, counts } = this.#ports;
    const start: Dispatcher['start'] = async (machine, name, input) => {
      const copies = rng.chance(plan.doubleDispatch) ? 2 : 1;
      if (copies === 2) counts.doubleDispatch++;
      for (let copy = 0; copy < copies; copy++) {
        const late = copy > 0 || rng.chance(plan.lateDispatch);
        if (!late) await local.start(machine, name, input);
        else {
          if (copy === 0) counts.lateDispatch++;
          const deliver = () => void local.start(machine, name, { ...input });
          scheduler.after(rng.int(0, plan.dispatchMsMax), deliver, this.#victim);
        }
      }
    };
    return this.around('Dispatcher', { start });
  }

  #crashes(number: number, side: CrashPoint['side'], name: string): boolean {
    const { crashAt } = this.#victim;
    if (crashAt?.call !== number || crashAt.side !== side) return false;
    this.#victim.crash(`${side} port call ${number}, ${name}`);
    return true;
  }

  async #slow(): Promise<void> {
    const { plan, scheduler, rng, counts } = this.#ports;
    if (plan.slow === 0 || !rng.chance(plan.slow)) return;
    counts.slowCall++;
    await scheduler.sleep(rng.int(0, plan.slowMsMax), this.#victim);
  }
}
