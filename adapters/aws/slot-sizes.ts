/** Which pools anybody sized, remembered for some seconds: one that nobody did costs nothing. */
import { POOLS } from '../../core/execution/steps.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { Recent } from '../../core/recent.ts';
import { SIZED, sizeKey } from './slot-items.ts';
import type { ItemTable } from './item-table.ts';

interface Known {
  sized: boolean;
  untilMs: number;
}

const NAMES_MAX = 1000;

export class SlotSizes {
  readonly #table: ItemTable;
  readonly #clock: Clock;
  readonly #cacheMs: number;
  readonly #known = new Recent<string, Known>(NAMES_MAX);
  #any: Known = { sized: false, untilMs: -Infinity };

  constructor(table: ItemTable, clock: Clock, cacheMs: number) {
    this.#table = table;
    this.#clock = clock;
    this.#cacheMs = cacheMs;
  }

  /** Whether anybody ever sized a pool. Only while nobody did may a release be taken for one of nothing. */
  async any(): Promise<boolean> {
    if (!this.#any.sized && this.#any.untilMs <= this.#clock.now()) {
      const fromMs = this.#clock.now();
      const sized = (await this.#table.get(SIZED)) !== undefined;
      this.#any = { sized, untilMs: fromMs + this.#cacheMs };
    }
    return this.#any.sized;
  }

  /**
   * To be awaited before a pool gets a size. The first time ever it takes as long as others may believe that there is none: places
   * are given only once everybody knows that they have to be given back.
   */
  async announce(): Promise<void> {
    if (this.#any.sized) return;
    const { item } = await this.#table.insert<{ atMs: number }>({ ...SIZED, atMs: this.#clock.now() });
    const leftMs = item!.atMs + this.#cacheMs - this.#clock.now();
    if (leftMs > 0) await this.#clock.sleep(leftMs);
    this.#any = { sized: true, untilMs: Infinity };
  }

  learn(pool: string, sized: boolean): void {
    this.#known.set(pool, { sized, untilMs: this.#clock.now() + this.#cacheMs });
  }

  /** Those of `pools` that may be sized, each once. */
  async sizedOf(pools: readonly string[]): Promise<string[]> {
    if (pools.length === 0 || !(await this.any())) return [];
    const names = [...new Set(pools)];
    const sized = await Promise.all(names.map((pool) => this.#isSized(pool)));
    return names.filter((_, at) => sized[at]);
  }

  async #isSized(pool: string): Promise<boolean> {
    // Asked for only by tasks of a limited execution, and sized just before the first of them: always looked at.
    if (pool.startsWith(OWN)) return true;
    const known = this.#known.get(pool);
    if (known && known.untilMs > this.#clock.now()) return known.sized;
    const sized = (await this.#table.get(sizeKey(pool))) !== undefined;
    this.learn(pool, sized);
    return sized;
  }
}

const OWN = POOLS.execution('');
