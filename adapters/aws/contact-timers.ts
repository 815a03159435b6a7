/** Contacts as messages of SQS that are delayed until they begin, and again until they end. */
import type { ContactTimer, ContactTimers } from '../../core/ports/contact-timers.ts';
import { Recent } from '../../core/recent.ts';
import { CONTACTS_PK } from './contact-leases.ts';
import type { DelayedMessages } from './delayed-messages.ts';
import type { ItemTable, Key } from './item-table.ts';
import { jsonOf, stray } from './message-body.ts';

/** A contact, as whoever drains it is told of it. */
export interface ContactCall extends ContactTimer {
  /** What is booked for it is in its lanes already. */
  isOpened?: boolean;
  /** Holder of the lease that this call watches. */
  watches?: string;
}

export interface SqsContactTimersOptions {
  table: ItemTable;
  messages: Pick<DelayedMessages, 'send'>;
}

/** Those that this process has set. */
const KNOWN_MAX = 1000;
const HOUR_MS = 3_600_000;

export class SqsContactTimers implements ContactTimers {
  readonly #options: SqsContactTimersOptions;
  readonly #known = new Recent<string, true>(KNOWN_MAX);

  constructor(options: SqsContactTimersOptions) {
    this.#options = options;
  }

  /** Every bundle of a contact asks for it: an item says that it is set, `CONTACTS`/`AT#<to>#<link>#<startMs>`, written when it is. */
  async set(contact: ContactTimer): Promise<void> {
    const { table } = this.#options;
    const { to, link, startMs, endMs } = contact;
    const key: Key = { pk: CONTACTS_PK, sk: `AT#${to}#${link}#${Math.round(startMs)}` };
    if (this.#known.get(key.sk)) return;
    if (!(await table.get(key))) {
      await this.call(contact);
      await table.put({ ...key, expires: Math.ceil((Math.max(startMs, endMs) + HOUR_MS) / 1000) });
    }
    this.#known.set(key.sk, true);
  }

  /** Has it looked at when it begins; at once where it is on. However often: whoever drains it is alone. */
  async call(call: ContactCall, atMs = call.startMs): Promise<void> {
    const { to, link, startMs, endMs, isOpened, watches } = call;
    const body = JSON.stringify({ to, link, startMs, endMs, ...(isOpened && { isOpened }), watches });
    await this.#options.messages.send({ name: `contact/${to}/${link}/${startMs}`, atMs, body });
  }
}

/** Errors: `InvalidInput` for what isn't a contact. */
export function readContact(body: string): ContactCall {
  const call = jsonOf(body) as Partial<ContactCall> | null | undefined;
  const isContact =
    typeof call?.to === 'string' &&
    typeof call.link === 'string' &&
    typeof call.startMs === 'number' &&
    typeof call.endMs === 'number';
  if (isContact) return call as ContactCall;
  throw stray(`no contact: ${body.slice(0, 200)}`);
}
