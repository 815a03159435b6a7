/** Pools as they stand, and the lines of those who wait for them. */
import type { Clock } from '../../core/ports/clock.ts';
import type { Random } from '../../core/ports/random.ts';
import { eachOf } from '../../core/side-by-side.ts';
import type { ItemTable, Key } from './item-table.ts';
import {
  entryKey,
  entryPartition,
  hasRoom,
  isSized,
  type Line,
  lineKey,
  type Places,
  POOL_LIST,
  poolPartition,
  type PoolState,
  roomyShards,
  shardKey,
} from './slot-items.ts';

type PoolItem = Key & { size?: number; held?: number; pools?: string[]; atMs?: number };

/** Whom a place could go to. */
export interface Candidate {
  line: string;
  entry: string;
  places: Places;
}

export interface Turn {
  /** Places that are about to be free. */
  leaving?: Places;
  /** How often it was tried before. */
  tried?: number;
}

export interface Next {
  states: ReadonlyMap<string, PoolState>;
  /** Undefined: nobody who waits fits. */
  found?: Candidate;
}

const READS_AT_ONCE = 16;
/** As many as may give back at once without meeting at the same waiter most of the time. */
const WIDTH_MAX = 64;
/** Lines looked at together; where more wait for a pool, the best of so many goes first. */
const LINES_AT_ONCE = 64;
/** An empty line is kept for a while, so that one that fills and empties is not written each time. */
export const LINE_KEPT_MS = 60_000;
export const LINE_FRESH_MS = LINE_KEPT_MS / 2;

export class SlotPools {
  readonly #table: ItemTable;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(table: ItemTable, clock: Clock, random: Random) {
    this.#table = table;
    this.#clock = clock;
    this.#random = random;
  }

  /** What was committed before it was called is seen. */
  async read(pools: Iterable<string>): Promise<Map<string, PoolState>> {
    const states = new Map<string, PoolState>();
    await this.#readInto(states, pools);
    return states;
  }

  async #readInto(states: Map<string, PoolState>, pools: Iterable<string>): Promise<void> {
    const unread = [...new Set(pools)].filter((pool) => !states.has(pool));
    await eachOf(unread, READS_AT_ONCE, async (pool) => {
      states.set(pool, await this.state(pool, true));
    });
  }

  async state(pool: string, consistent: boolean): Promise<PoolState> {
    const items = await this.#table.query<PoolItem>({ pk: poolPartition(pool), consistent });
    const shards = new Map<number, number>();
    const lines: Line[] = [];
    let size = Number.POSITIVE_INFINITY;
    let held = 0;
    for (const item of items) {
      if (item.size !== undefined) size = item.size;
      else if (item.pools)
        lines.push({ id: item.sk.slice('LINE#'.length), pools: item.pools, atMs: item.atMs! });
      else if (item.held) {
        shards.set(Number(item.sk.slice('SHARD#'.length)), item.held);
        held += item.held;
      }
    }
    return { pool, size, held, shards, lines };
  }

  /** Names of the pools that have a size. */
  async names(): Promise<string[]> {
    const items = await this.#table.query<{ order: string }>({
      pk: POOL_LIST,
      index: { name: 'listed', partitionKey: 'list' },
      only: ['order'],
    });
    return items.map(({ order }) => order);
  }

  async waiting({ id }: Line): Promise<number> {
    let count = 0;
    for await (const page of this.#table.pages({ pk: entryPartition(id), only: ['sk'] }))
      count += page.length;
    return count;
  }

  /**
   * A place in each of `pools` that is limited, or undefined when one is full. Those of `leaving` go over to whoever follows, unless
   * their pool has fewer places now than are held.
   */
  choose(
    pools: readonly string[],
    states: ReadonlyMap<string, PoolState>,
    leaving: Places = {},
  ): Places | undefined {
    const places: Record<string, number> = {};
    for (const pool of pools) {
      const state = states.get(pool)!;
      if (!isSized(state)) continue;
      const inherited = leaving[pool];
      if (inherited !== undefined) {
        if (state.held > state.size) return undefined;
        places[pool] = inherited;
        continue;
      }
      const shards = hasRoom(state) ? roomyShards(state) : [];
      if (shards.length === 0) return undefined;
      places[pool] = shards[Math.floor(this.#random.next() * shards.length)]!;
    }
    return places;
  }

  /**
   * Whoever of those that wait for one of `pools` goes first and fits, and the pools as they were found. Where many give back at
   * once all would turn to the same waiter, and all but one in vain: a `tried` one takes any of the first few.
   */
  async next(pools: readonly string[], { leaving, tried = 0 }: Turn = {}): Promise<Next> {
    const view = { leaving, width: Math.min(WIDTH_MAX, 4 ** tried), fromMs: this.#clock.now() };
    const states = await this.read(pools);
    const lines = new Map<string, Line>();
    for (const state of states.values()) for (const line of state.lines) lines.set(line.id, line);
    const all = [...lines.values()];
    if (all.length > LINES_AT_ONCE) this.#shuffle(all);
    let found: Candidate | undefined;
    for (let at = 0; at < all.length && !found; at += LINES_AT_ONCE) {
      const some = all.slice(at, at + LINES_AT_ONCE);
      const others = some.flatMap((line) => line.pools);
      await this.#readInto(states, others);
      found = await this.#best(some, states, view);
    }
    return { states, found };
  }

  async #best(
    lines: readonly Line[],
    states: ReadonlyMap<string, PoolState>,
    { leaving, width, fromMs }: { leaving?: Places; width: number; fromMs: number },
  ): Promise<Candidate | undefined> {
    const first: Candidate[] = [];
    await eachOf(lines, READS_AT_ONCE, async (line) => {
      const places = this.choose(line.pools, states, leaving);
      if (!places) return;
      const entries = await this.#head(line, width);
      if (entries.length === 0) await this.#forget(line, fromMs);
      for (const entry of entries) first.push({ line: line.id, entry, places });
    });
    first.sort((a, b) => (a.entry < b.entry ? -1 : 1));
    return first[Math.floor(this.#random.next() * Math.min(width, first.length))];
  }

  /**
   * Forgets a line that was empty at a look begun at `fromMs`, and that nobody had joined for long. Whoever joins renews a mark that
   * is half as old, and looks again after that: either the mark is not the one that was read here, or he joined before that look.
   */
  async #forget(line: Line, fromMs: number): Promise<void> {
    if (line.atMs > fromMs - LINE_KEPT_MS) return;
    const only = { that: '#atMs = :atMs', values: { atMs: line.atMs } };
    await Promise.all(line.pools.map((pool) => this.#table.delete(lineKey(pool, line.id), only)));
  }

  async #head({ id }: Line, limit: number): Promise<string[]> {
    const first = await this.#table.query<Key>({
      pk: entryPartition(id),
      limit,
      consistent: true,
      only: ['sk'],
    });
    return first.map(({ sk }) => sk);
  }

  /** Lets each of its pools know of a line. */
  async keep(id: string, pools: readonly string[]): Promise<void> {
    const atMs = this.#clock.now();
    await Promise.all(pools.map((pool) => this.#table.put({ ...lineKey(pool, id), pools, atMs })));
  }

  join(line: string, entry: string): Promise<void> {
    return this.#table.put({ ...entryKey(line, entry) });
  }

  async leave(line: string, entry: string): Promise<void> {
    await this.#table.delete(entryKey(line, entry));
  }

  /** Forgets the counters of a pool that counts nothing and has no size: none is 0. */
  async tidy({ pool, shards }: PoolState): Promise<void> {
    for (const shard of shards.keys())
      await this.#table.delete(shardKey(pool, shard), { that: '#held = :none', values: { none: 0 } });
  }

  #shuffle(lines: Line[]): void {
    for (let at = lines.length - 1; at > 0; at--) {
      const other = Math.floor(this.#random.next() * (at + 1));
      [lines[at], lines[other]] = [lines[other]!, lines[at]!];
    }
  }
}
