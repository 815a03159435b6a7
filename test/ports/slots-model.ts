import { AGEING_MS, type SlotRequest } from '../../core/ports/slots.ts';

/** Slots as plainly as they can be written: look at everyone, every time. */
export class NaiveSlots {
  readonly #sizes = new Map<string, number>();
  #held: SlotRequest[] = [];
  #waiting: SlotRequest[] = [];

  limit(pool: string, size: number): string[] {
    this.#sizes.set(pool, size);
    return this.#admit();
  }

  acquire(request: SlotRequest): boolean {
    const has = (list: SlotRequest[]) => list.some(({ holder }) => holder === request.holder);
    if (has(this.#held)) return true;
    if (has(this.#waiting)) return false;
    this.#waiting.push(request);
    return this.#admit().includes(request.holder);
  }

  release(holder: string): string[] {
    this.#held = this.#held.filter((request) => request.holder !== holder);
    this.#waiting = this.#waiting.filter((request) => request.holder !== holder);
    return this.#admit();
  }

  heldIn(pool: string): number {
    return this.#held.filter(({ pools }) => pools.includes(pool)).length;
  }

  queuedIn(pool: string): number {
    return this.#waiting.filter(({ pools }) => pools.includes(pool)).length;
  }

  #admit(): string[] {
    const rank = ({ priority, readyMs }: SlotRequest) => priority - readyMs / AGEING_MS;
    this.#waiting.sort((a, b) => rank(b) - rank(a) || a.readyMs - b.readyMs || a.index - b.index);
    const admitted: string[] = [];
    for (const request of this.#waiting.slice()) {
      if (!request.pools.every((pool) => this.heldIn(pool) < (this.#sizes.get(pool) ?? Infinity))) continue;
      this.#waiting.splice(this.#waiting.indexOf(request), 1);
      this.#held.push(request);
      admitted.push(request.holder);
    }
    return admitted;
  }
}
