/**
 * Slots in the table; `slot-items.ts` says what is kept.
 *
 * **Limits hold** because a holder's item and the counters of its pools change in one transaction, each counter only while it is
 * below its part of the size. **Nobody is forgotten** because whoever waits first joins its line and then looks at the pools once
 * more, and whoever gives a place back first does so and then looks at the lines once more: one of the two sees the other. A place
 * that goes from one holder to the next of the same pools changes hands in one transaction that no counter is part of. What a crash
 * leaves undone in between is made good when the holder asks again, as `Mend` and the sweep let it: a place it holds already, or one
 * that is free while it waits, is its own. **The best goes first** while they give back one after the other; of many at the same
 * moment, each takes one of the first few, since all but one would meet in vain at the very first.
 *
 * **What it costs.** A pool that nobody sized: nothing, as long as nobody sized any; else one read at the release. With k limited
 * pools and room: 2 (k + 1) write units and k reads to acquire, as many units and 2 k + 1 reads to release. Where everybody waits: 2
 * units to line up and 5 to be let in, whatever k.
 *
 * **What one pool carries.** With room, a counter takes part in two transactions a task, of two write units each; a partition takes
 * 1,000 write units a second, so 250 tasks a second, once DynamoDB has given the pool a partition of its own. Transactions on one item
 * at the same moment clash and are tried again, which is why there is a counter for eight places (at most 32 of them): a counter takes
 * some 50 a second at 20 ms each. So a pool of n places carries about 25 n / 8 tasks a second with room, up to 250. A full pool hands
 * its places on without the counters: its line takes a put and a delete a task, 500 a second.
 *
 * A size that is set where there was none counts those who ask from then on. A pool that shrinks below what is held is exact within a
 * counter's part; of several, askers of the same instant may pass the size while the surplus lasts.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Random } from '../../core/ports/random.ts';
import type { SlotRequest, Slots } from '../../core/ports/slots.ts';
import { eachOf } from '../../core/side-by-side.ts';
import { ItemTable } from './item-table.ts';
import {
  entryOf,
  holderKey,
  holdersPartition,
  type HolderItem,
  isSized,
  lineOf,
  POOL_LIST,
  SHARD_PLACES,
  sizeKey,
  waiterOf,
} from './slot-items.ts';
import { LINE_FRESH_MS, SlotPools } from './slot-pools.ts';
import { type Moved, SlotMoves } from './slot-moves.ts';
import { SlotSizes } from './slot-sizes.ts';
import { isClash } from './transaction.ts';

export interface DynamoSlotsOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
  random: Random;
  /** How long it is remembered that nobody sized a pool, in milliseconds: a size that is set later counts from then on. @default 5000 */
  cacheMs?: number;
}

/** Somebody else got further, which shows at the next look; or the table can't say, being at work on the same items. */
const AT_ONCE = Symbol('look again at once');
const LATER = Symbol('try again later');
type Again = typeof AT_ONCE | typeof LATER;

/** With the pauses below some six seconds, twelve at most: a pool that clashes for so long has far more askers than it can carry. */
const CLASHES_MAX = 30;
const TRIES_MAX = 200;
/** Then the places become free first, which nobody else can be in the way of, and are handed out after. */
const HAND_OVER_TRIES_MAX = 4;
const CROWDED_MS = 1000;
const FULL: Moved = { done: false, refused: 'counter' };
const PAUSE_MS_FIRST = 10;
const PAUSE_MS_MAX = 500;
const READS_AT_ONCE = 8;

export class DynamoSlots implements Slots {
  readonly #table: ItemTable;
  readonly #pools: SlotPools;
  readonly #sizes: SlotSizes;
  readonly #moves: SlotMoves;
  readonly #clock: Clock;
  readonly #random: Random;
  #crowdedUntilMs = -Infinity;

  constructor({ client, tableName, clock, random, cacheMs = 5000 }: DynamoSlotsOptions) {
    this.#table = new ItemTable(client, tableName);
    this.#pools = new SlotPools(this.#table, clock, random);
    this.#sizes = new SlotSizes(this.#table, clock, cacheMs);
    this.#moves = new SlotMoves(client, tableName, clock);
    this.#clock = clock;
    this.#random = random;
  }

  async limit(pool: string, size: number): Promise<string[]> {
    const isLimited = Number.isFinite(size);
    if (isLimited) {
      await this.#sizes.announce();
      await this.#table.put({ ...sizeKey(pool), size, list: POOL_LIST, order: pool });
    } else {
      if (!(await this.#sizes.any())) return [];
      await this.#table.delete(sizeKey(pool));
    }
    this.#sizes.learn(pool, isLimited);
    return this.#handOut([pool]);
  }

  async acquire(request: SlotRequest): Promise<boolean> {
    const pools = await this.#sizes.sizedOf(request.pools);
    if (pools.length === 0) return true;
    const { holder } = request;
    return this.#untilDone(`places for ${holder}`, async () => {
      const states = await this.#pools.read(pools);
      const limited = pools.filter((pool) => isSized(states.get(pool)!));
      if (limited.length === 0) return true;
      const ticket = Math.floor(this.#random.next() * 2 ** 48).toString(36);
      const places = this.#pools.choose(limited, states);
      const { done, refused, item } = places ? await this.#moves.take(holder, ticket, places, states) : FULL;
      if (done) return true;
      if (!refused) return LATER;
      const found = refused === 'counter' ? await this.#queue(request, ticket, limited) : item;
      if (!found) return AT_ONCE;
      return found.state === 'HELD' || this.#wait(found);
    });
  }

  async release(holder: string): Promise<string[]> {
    if (!(await this.#sizes.any())) return [];
    return this.#untilDone(`the release of ${holder}`, async (tried) => {
      const item = await this.#table.get<HolderItem>(holderKey(holder));
      if (!item) return [];
      if (item.state === 'HELD') return this.#giveBack(item, tried);
      const { ticket, line, entry } = item;
      const only = { that: '#ticket = :ticket AND #state = :state', values: { ticket, state: 'WAITING' } };
      if (!(await this.#table.delete(holderKey(holder), only))) return AT_ONCE;
      await this.#pools.leave(line!, entry!);
      return [];
    });
  }

  async usage(): Promise<Record<string, { size: number; held: number; queued: number }>> {
    const names = await this.#pools.names();
    const states = await this.#pools.read(names);
    const lines = new Map(
      [...states.values()].flatMap((state) => state.lines.map((line) => [line.id, line])),
    );
    const waiting = new Map<string, number>();
    await eachOf([...lines.values()], READS_AT_ONCE, async (line) => {
      waiting.set(line.id, await this.#pools.waiting(line));
    });
    const usage: Record<string, { size: number; held: number; queued: number }> = {};
    for (const { pool, size, held, lines: joined } of states.values()) {
      const queued = joined.reduce((sum, { id }) => sum + waiting.get(id)!, 0);
      usage[pool] = { size, held, queued };
    }
    return usage;
  }

  async holders(executionId: string): Promise<string[]> {
    if (!(await this.#sizes.any())) return [];
    const items = await this.#table.query<HolderItem>({
      pk: holdersPartition(executionId),
      consistent: true,
    });
    return items.map(({ sk }) => sk);
  }

  /** What the holder is now: waiting, unless it was something already. */
  async #queue(
    request: SlotRequest,
    ticket: string,
    pools: readonly string[],
  ): Promise<HolderItem | undefined> {
    const waiting = { line: lineOf(pools), entry: entryOf(request, ticket), atMs: this.#clock.now() };
    const key = holderKey(request.holder);
    const { item } = await this.#table.insert<HolderItem>({ ...key, state: 'WAITING', ticket, ...waiting });
    return item;
  }

  /** Takes its stand in its line; true when the places are free by then. */
  async #wait({ sk: holder, line = '', entry = '' }: HolderItem): Promise<boolean | Again> {
    const pools = line.split('\n');
    await this.#pools.join(line, entry);
    const joinedMs = this.#clock.now();
    const end = await this.#untilDone(`the turn of ${holder}`, async () => {
      const states = await this.#pools.read(pools);
      const marks = pools.map((pool) => states.get(pool)!.lines.find(({ id }) => id === line)?.atMs);
      const oldestMs = Math.min(...marks.map((atMs = -Infinity) => atMs));
      if (oldestMs < joinedMs - LINE_FRESH_MS) {
        await this.#pools.keep(line, pools);
        return AT_ONCE;
      }
      const places = this.#pools.choose(pools, states);
      if (!places) return 'waits';
      const { done, refused, item } = await this.#moves.grant({ entry, places }, states);
      if (done) return 'held';
      if (refused === 'waiter') return item?.state === 'HELD' ? 'held' : 'gone';
      // It stands in line since before the counter was full, so whoever makes room there sees it.
      const isCertain = Object.keys(places).every((pool) => states.get(pool)!.size <= SHARD_PLACES);
      if (refused === 'counter') return isCertain ? 'waits' : AT_ONCE;
      return LATER;
    });
    if (end === 'waits') return false;
    await this.#pools.leave(line, entry);
    // Somebody let go of it meanwhile: it asks as for the first time.
    return end === 'held' || AT_ONCE;
  }

  /** Passes the places of a holder on. */
  async #giveBack(leaver: HolderItem, tried: number): Promise<string[] | Again> {
    const { places = {} } = leaver;
    const pools = Object.keys(places);
    const { states, found } =
      tried < HAND_OVER_TRIES_MAX
        ? await this.#pools.next(pools, { leaving: places, tried: tried + this.#crowded() })
        : { states: await this.#pools.read(pools), found: undefined };
    const { done, refused } = await this.#moves.handOver(leaver, found, states);
    if (refused === 'waiter') this.#crowdedUntilMs = this.#clock.now() + CROWDED_MS;
    if (found && (done || refused === 'waiter')) await this.#pools.leave(found.line, found.entry);
    if (!done) return refused ? AT_ONCE : LATER;
    const freed = Object.keys(places).filter((pool) => found?.places[pool] === undefined);
    const granted = found ? [waiterOf(found.entry).holder] : [];
    return this.#handOut(freed, granted);
  }

  /** Gives what is free in `pools` to those who wait, the best first, and adds them to `granted`. */
  async #handOut(pools: readonly string[], granted: string[] = []): Promise<string[]> {
    if (pools.length === 0) return granted;
    const handedOut = this.#untilDone(`places in ${pools.join(', ')}`, async (tried) => {
      for (;;) {
        const { states, found } = await this.#pools.next(pools, { tried: tried + this.#crowded() });
        if (!found) {
          for (const pool of pools)
            if (!isSized(states.get(pool)!)) await this.#pools.tidy(states.get(pool)!);
          return granted;
        }
        const { done, refused } = await this.#moves.grant(found, states);
        if (done) granted.push(waiterOf(found.entry).holder);
        if (!done && !refused) return LATER;
        if (refused !== 'counter') await this.#pools.leave(found.line, found.entry);
      }
    });
    return handedOut.catch((error: unknown) => {
      // Who got a place is woken first of all; what is left undone shows at the next release.
      if (granted.length === 0) throw error;
      return granted;
    });
  }

  /** As many tries more: where many give back at once, another got to a waiter first a moment ago. */
  #crowded(): number {
    return this.#clock.now() < this.#crowdedUntilMs ? 2 : 0;
  }

  /** Runs `attempt` until it has an answer, with pauses of random length after clashes. Errors: `StoreUnavailable`. */
  async #untilDone<T>(what: string, attempt: (tried: number) => Promise<T | Again>): Promise<T> {
    let clashes = 0;
    for (let tried = 0; tried < TRIES_MAX && clashes < CLASHES_MAX; tried++) {
      const answer = await attempt(tried).catch((error: unknown): Again => {
        // A single write met a transaction on its item.
        if (!isClash(error)) throw error;
        return LATER;
      });
      if (answer !== AT_ONCE && answer !== LATER) return answer as T;
      if (answer === AT_ONCE) continue;
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_FIRST * 2 ** clashes++);
      await this.#clock.sleep(this.#random.next() * pauseMs);
    }
    throw new StoreUnavailable(
      `The table did not settle ${what}: too many ask for the same pools at the same instant.`,
      'Try again in a moment. If it lasts, lift the limit or make the tasks that share it longer; docs/scale.md has the numbers.',
    );
  }
}
