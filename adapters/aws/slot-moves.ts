/** How places change hands: each a transaction over the holders and the counters that it is about. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../core/ports/clock.ts';
import {
  holderKey,
  type HolderItem,
  type Places,
  type PoolState,
  shardKey,
  shardPlaces,
  waiterOf,
} from './slot-items.ts';
import type { Candidate } from './slot-pools.ts';
import { type Action, transact } from './transaction.ts';

type States = ReadonlyMap<string, PoolState>;

export interface Moved {
  done: boolean;
  /** What was not as it was thought to be, at the moment of the transaction; a counter was full. Nothing: it clashed. */
  refused?: 'leaver' | 'waiter' | 'counter';
  /** The leaver or waiter that stands there. */
  item?: HolderItem;
}

export class SlotMoves {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #clock: Clock;

  constructor(client: DynamoDBClient, tableName: string, clock: Clock) {
    this.#client = client;
    this.#tableName = tableName;
    this.#clock = clock;
  }

  /** To one who did not wait. */
  async take(holder: string, ticket: string, places: Places, states: States): Promise<Moved> {
    const item = { ...holderKey(holder), state: 'HELD', ticket, places, atMs: this.#clock.now() };
    const put: Action = { put: item, only: { that: 'attribute_not_exists(pk)' } };
    return this.#move([put], ['waiter'], counted(places, {}, states));
  }

  /** From the free ones to a waiter. */
  async grant({ entry, places }: Pick<Candidate, 'entry' | 'places'>, states: States): Promise<Moved> {
    return this.#move([this.#held(entry, places)], ['waiter'], counted(places, {}, states));
  }

  /** From a holder to a waiter, as far as they want the same pools; the rest becomes free, or is taken from what is. */
  async handOver(leaver: HolderItem, next: Candidate | undefined, states: States): Promise<Moved> {
    const { pk, sk, ticket, places: left = {} } = leaver;
    const only = { that: '#state = :state AND #ticket = :ticket', values: { state: 'HELD', ticket } };
    const actions: Action[] = [{ delete: { pk, sk }, only }];
    if (next) actions.push(this.#held(next.entry, next.places));
    return this.#move(actions, ['leaver', 'waiter'], counted(next?.places ?? {}, left, states));
  }

  #held(entry: string, places: Places): Action {
    const { holder, ticket } = waiterOf(entry);
    return {
      update: holderKey(holder),
      to: 'SET #state = :held, #places = :places, #atMs = :atMs REMOVE #line, #entry',
      values: { held: 'HELD', places, atMs: this.#clock.now() },
      only: { that: '#state = :waits AND #ticket = :ticket', values: { waits: 'WAITING', ticket } },
    };
  }

  async #move(
    actions: readonly Action[],
    roles: readonly ('leaver' | 'waiter')[],
    counters: readonly Action[],
  ): Promise<Moved> {
    const outcome = await transact(this.#client, this.#tableName, [...actions, ...counters]);
    if (outcome.done) return { done: true };
    const at = actions.findIndex((_, index) => outcome.refused.has(index));
    if (at < 0) return { done: false, refused: outcome.refused.size > 0 ? 'counter' : undefined };
    return { done: false, refused: roles[at], item: outcome.refused.get(at) as HolderItem | undefined };
  }
}

/** The counters that differ between what is left and what is taken. */
function counted(taken: Places, left: Places, states: States): Action[] {
  const actions: Action[] = [];
  for (const [pool, shard] of Object.entries(taken)) {
    if (left[pool] !== undefined) continue;
    const places = shardPlaces(states.get(pool)!.size, shard);
    const that = 'attribute_not_exists(#held) OR #held < :places';
    actions.push({
      update: shardKey(pool, shard),
      to: 'ADD #held :one',
      values: { one: 1 },
      only: { that, values: { places } },
    });
  }
  for (const [pool, shard] of Object.entries(left)) {
    // A table that was restored may have lost the count; below 0 it would give out more than there is.
    const isCounted = (states.get(pool)!.shards.get(shard) ?? 0) > 0;
    if (taken[pool] !== undefined || !isCounted) continue;
    actions.push({
      update: shardKey(pool, shard),
      to: 'ADD #held :less',
      values: { less: -1 },
      only: { that: '#held > :none', values: { none: 0 } },
    });
  }
  return actions;
}
