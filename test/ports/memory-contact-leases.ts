import type { Clock } from '../../core/ports/clock.ts';
import type { ContactLease, ContactLeases } from '../../core/ports/contact-leases.ts';
import type { LaneLink } from '../../core/ports/release-lanes.ts';

/** Leases of one process, for tests of what uses them. */
export class MemoryContactLeases implements ContactLeases {
  readonly #held = new Map<string, ContactLease & { untilMs: number }>();
  readonly #clock: Pick<Clock, 'now'>;
  #taken = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  async take(link: LaneLink, untilMs: number): Promise<ContactLease | undefined> {
    if (this.#isHeld(link)) return undefined;
    const lease = { holder: `h${++this.#taken}`, asked: 0 };
    this.#held.set(keyOf(link), { ...lease, untilMs });
    return lease;
  }

  async ask(link: LaneLink): Promise<boolean> {
    return this.#isHeld(link);
  }

  async renew(link: LaneLink, { holder }: ContactLease, untilMs: number): Promise<boolean> {
    const held = this.#held.get(keyOf(link));
    if (held?.holder !== holder) return false;
    held.untilMs = untilMs;
    return true;
  }

  async stateOf(link: LaneLink, holder: string): Promise<'held' | 'left' | 'gone'> {
    const held = this.#held.get(keyOf(link));
    if (held?.holder !== holder) return 'gone';
    return held.untilMs > this.#clock.now() ? 'held' : 'left';
  }

  async giveBack(link: LaneLink, { holder, asked }: ContactLease): Promise<ContactLease | undefined> {
    const held = this.#held.get(keyOf(link));
    if (held?.holder !== holder) return undefined;
    if (held.asked !== asked) return { holder, asked: held.asked };
    this.#held.delete(keyOf(link));
    return undefined;
  }

  #isHeld(link: LaneLink): boolean {
    const held = this.#held.get(keyOf(link));
    if (held === undefined || held.untilMs <= this.#clock.now()) return false;
    held.asked++;
    return true;
  }
}

const keyOf = ({ link, to }: LaneLink): string => JSON.stringify([link, to]);
