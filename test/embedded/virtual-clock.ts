import { VirtualTime } from '../../core/simulator/virtual-time.ts';

/** A clock that moves only when told to. */
export class VirtualClock extends VirtualTime {
  /** How many sleep now. */
  get sleeping(): number {
    return this.waiting;
  }

  /** Moves on step by step, so that whoever wakes can sleep again on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    do await othersTurn();
    while (this.step(untilMs));
    this.run(untilMs);
  }

  /** Lets time pass until the promise has settled; fails where it waits for something other than time. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.finally(() => (settled = true));
    done.catch(() => undefined);
    for (;;) {
      await othersTurn();
      if (settled) return done;
      if (!this.step()) throw new Error('nothing is left to wait for, and the promise has not settled');
    }
  }
}

const othersTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
