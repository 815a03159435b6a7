/**
 * Which link has which lanes: one item, `LANES`/`LEASES`, changed on condition that it is as it was read. A lease ends when it is
 * given back, or when nobody used it for a while: a crash keeps no lane. Leases are numbered in the order in which they are taken.
 */
import { StoreUnavailable } from '../../core/errors.ts';
import { type LaneLink, LanesBusy } from '../../core/ports/release-lanes.ts';
import type { ItemTable, Key } from './item-table.ts';
import { pause, type Pauses } from './retry.ts';
import type { Clock } from '../../core/ports/clock.ts';

export interface Lease {
  /** Its lanes are the queues of this slot. */
  slot: number;
  /** Greater than that of whoever had the slot before. */
  number: number;
}

export interface LaneLeasesOptions {
  table: ItemTable;
  /** How many there are. */
  slots: number;
  pauses: Pauses & { clock: Pick<Clock, 'now'> };
}

/** A slot that was leased ever. Without a link it is free since `untilMs`. */
interface Slot {
  number: number;
  untilMs: number;
  link?: string;
  to?: string;
}

interface LeasesItem extends Key {
  slots: Slot[];
  /** Of the newest lease. */
  number: number;
  by: string;
}

interface Standing {
  item: LeasesItem | undefined;
  slots: Slot[];
}

const KEY: Key = { pk: 'LANES', sk: 'LEASES' };
/** Longer than a function runs. */
const LEASE_MS = 15 * 60_000;
/** One that has less left is renewed by whoever uses it. */
const FRESH_MS = 10 * 60_000;
const TRIES_MAX = 12;
/** Shown of those who have the lanes. */
const SHOWN_MAX = 5;

export class LaneLeases {
  readonly #options: LaneLeasesOptions;

  constructor(options: LaneLeasesOptions) {
    this.#options = options;
  }

  /** That of a link, renewed; undefined where it has none. */
  find(link: LaneLink): Promise<Lease | undefined> {
    return this.#settle(
      ({ slots, item }, nowMs) => this.#renewed(slots, item, link, nowMs) ?? { answer: undefined },
    );
  }

  /** That of a link, which gets one. Errors: `LanesBusy`. */
  async take(link: LaneLink): Promise<Lease> {
    const lease = await this.#settle(({ slots, item }, nowMs) => {
      const renewed = this.#renewed(slots, item, link, nowMs);
      if (renewed) return renewed;
      const slot = this.#free(slots, nowMs);
      if (slot === undefined) throw busy(link, slots);
      const number = (item?.number ?? 0) + 1;
      const next = [...slots];
      next[slot] = { number, untilMs: nowMs + LEASE_MS, link: link.link, to: link.to };
      return { answer: { slot, number }, write: { number, slots: next } };
    });
    return lease!;
  }

  /** Its lanes are free for others. */
  async giveBack(link: LaneLink): Promise<void> {
    await this.#settle(({ slots, item }, nowMs) => {
      const slot = slots.findIndex((one) => isOf(one, link));
      if (slot < 0) return { answer: undefined };
      const next = [...slots];
      next[slot] = { number: slots[slot]!.number, untilMs: nowMs };
      return { answer: undefined, write: { number: item!.number, slots: next } };
    });
  }

  #renewed(slots: Slot[], item: LeasesItem | undefined, link: LaneLink, nowMs: number): Outcome | undefined {
    const slot = slots.findIndex((one) => isOf(one, link) && one.untilMs > nowMs);
    if (slot < 0) return undefined;
    const held = slots[slot]!;
    const answer = { slot, number: held.number };
    if (held.untilMs > nowMs + FRESH_MS) return { answer };
    const next = [...slots];
    next[slot] = { ...held, untilMs: nowMs + LEASE_MS };
    return { answer, write: { number: item!.number, slots: next } };
  }

  /** The one that is free for the longest: what was left in its queues is the likeliest to be gone. */
  #free(slots: readonly Slot[], nowMs: number): number | undefined {
    if (slots.length < this.#options.slots) return slots.length;
    let best: number | undefined;
    for (const [at, { link, untilMs }] of slots.slice(0, this.#options.slots).entries()) {
      const isFree = link === undefined || untilMs <= nowMs;
      if (isFree && (best === undefined || untilMs < slots[best]!.untilMs)) best = at;
    }
    return best;
  }

  async #settle(decide: (standing: Standing, nowMs: number) => Outcome): Promise<Lease | undefined> {
    const { table, pauses } = this.#options;
    for (let tried = 1; tried <= TRIES_MAX; tried++) {
      const item = await table.get<LeasesItem>(KEY);
      const { answer, write } = decide({ item, slots: item?.slots ?? [] }, pauses.clock.now());
      if (!write) return answer;
      const { applied } = await table.update({
        key: KEY,
        set: { number: write.number, slots: write.slots.map((slot) => ({ ...slot })) },
        only: item
          ? { that: '#by = :seen', values: { seen: item.by } }
          : { that: 'attribute_not_exists(#pk)' },
      });
      if (applied) return answer;
      await pause(Math.min(tried, 4), pauses);
    }
    throw new StoreUnavailable('Too many contacts begin and end at once.', 'Try again in a moment.');
  }
}

interface Outcome {
  answer: Lease | undefined;
  /** To be written first; nothing, unless given. */
  write?: { number: number; slots: Slot[] };
}

const isOf = (slot: Slot, { link, to }: LaneLink): boolean => slot.link === link && slot.to === to;

function busy({ link, to }: LaneLink, slots: readonly Slot[]): LanesBusy {
  const others = slots.slice(0, SHOWN_MAX).map((slot) => `${slot.link} to ${slot.to}`);
  const more = slots.length > SHOWN_MAX ? `, and ${slots.length - SHOWN_MAX} more` : '';
  return new LanesBusy(
    `All ${slots.length} sets of lanes are in use (${others.join(', ')}${more}), so there is none for ${link} to ${to}.`,
    'Deploy with more of them (HOLDFAST_LANES says how many there are), or spread the contacts. Its bundles wait in custody.',
  );
}
