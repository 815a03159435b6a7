/** Who drains the lanes of which link: an item each, `CONTACTS`/`LEASE#<to>#<link>`. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { ContactLease, ContactLeases } from '../../core/ports/contact-leases.ts';
import type { LaneLink } from '../../core/ports/release-lanes.ts';
import type { ItemTable, Key } from './item-table.ts';

export const CONTACTS_PK = 'CONTACTS';

interface LeaseItem extends Key {
  holder: string;
  untilMs: number;
  asked: number;
}

export class DynamoContactLeases implements ContactLeases {
  readonly #table: ItemTable;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(table: ItemTable, clock: Pick<Clock, 'now'>) {
    this.#table = table;
    this.#clock = clock;
  }

  async take(link: LaneLink, untilMs: number): Promise<ContactLease | undefined> {
    if (await this.ask(link)) return undefined;
    const holder = randomUUID();
    const { applied } = await this.#table.update({
      key: keyOf(link),
      set: { holder, untilMs, asked: 0, expires: expiresOf(untilMs) },
      only: {
        that: 'attribute_not_exists(#pk) OR #untilMs <= :now',
        values: { now: this.#clock.now() },
      },
    });
    if (applied) return { holder, asked: 0 };
    // Somebody was faster, and may have looked already: it is asked again.
    return (await this.ask(link)) ? undefined : this.take(link, untilMs);
  }

  async ask(link: LaneLink): Promise<boolean> {
    const { applied } = await this.#table.update({
      key: keyOf(link),
      add: { asked: 1 },
      only: { that: '#untilMs > :now', values: { now: this.#clock.now() } },
    });
    return applied;
  }

  async renew(link: LaneLink, { holder }: ContactLease, untilMs: number): Promise<boolean> {
    const { applied } = await this.#table.update({
      key: keyOf(link),
      set: { untilMs, expires: expiresOf(untilMs) },
      only: { that: '#holder = :holder', values: { holder } },
    });
    return applied;
  }

  async stateOf(link: LaneLink, holder: string): Promise<'held' | 'left' | 'gone'> {
    const item = await this.#table.get<LeaseItem>(keyOf(link));
    if (item?.holder !== holder) return 'gone';
    return item.untilMs > this.#clock.now() ? 'held' : 'left';
  }

  async giveBack(link: LaneLink, { holder, asked }: ContactLease): Promise<ContactLease | undefined> {
    const key = keyOf(link);
    const that = '#holder = :holder AND #asked = :asked';
    if (await this.#table.delete(key, { that, values: { holder, asked } })) return undefined;
    const item = await this.#table.get<LeaseItem>(key);
    return item?.holder === holder && item.asked !== asked ? { holder, asked: item.asked } : undefined;
  }
}

/** Whoever watches it finds it until then. */
const expiresOf = (untilMs: number): number => Math.ceil(untilMs / 1000) + 3600;

const keyOf = ({ link, to }: LaneLink): Key => ({ pk: CONTACTS_PK, sk: `LEASE#${to}#${link}` });
