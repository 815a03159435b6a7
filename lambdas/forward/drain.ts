/** One contact as it is drained: what is at hand, what goes next, and how much still fits. */
import { BUNDLE_FLAGS, hasFlag } from '../../core/bundle/bundle.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { fragmentBundle, splitBundle } from '../../core/bundle/fragment.ts';
import type { Contact } from '../../core/contact-plan/contact.ts';
import { answerMs } from '../../core/custody/patience.ts';
import type { Transfer } from '../../core/custody/transfer.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import type { Lane, Taken } from '../../core/ports/release-lanes.ts';
import { ContactBudget } from '../../core/satellite/contact-budget.ts';
import { LinkQueue } from '../../core/satellite/link-queue.ts';
import { type Precedence, PRECEDENCES } from '../../core/satellite/precedence.ts';
import type { Fragment } from '../../core/satellite/queued-bundle.ts';
import { bookAgain, enter } from './book.ts';
import { type ForwardPorts, limitsOf } from './ports.ts';
import { splitInto } from './split.ts';
import { ackMarginMs, leave, transmit } from './step.ts';

export interface Planned {
  /** From now on. */
  contact: Contact;
  /** When the next over the same link begins. */
  nextStartMs?: number;
  /** Contacts of the neighbour to here, over the same channel. */
  back: readonly Pick<Contact, 'startMs' | 'endMs' | 'delayMs'>[];
}

interface Held {
  transfer: Transfer;
  lane: Lane;
  taken: Taken;
  stored: Uint8Array;
  leaving: Uint8Array;
}

/** At hand of each precedence: enough to choose from, and little to give back. */
const AT_HAND = 8;
/** What a frame and its carrier add to a bundle. */
const FRAME_BYTES = 256;
/** Smaller parts would be mostly blocks. */
const FRAGMENT_BYTES_MIN = 1024;
/** Beside what it is at now: blocks that say which hop it is. */
const HOP_BLOCKS_BYTES = 192;
/** After a crash, others wait so long for what was at hand. */
const HOLD_MS = 30_000;
/** A link that is down in its contact is tried again so soon. */
const RETRY_MS = 1000;

export class Drain {
  readonly #ports: ForwardPorts;
  readonly #timer: ContactTimer;
  readonly #contact: Contact;
  readonly #back: Planned['back'];
  readonly #budget: ContactBudget;
  readonly #queue: LinkQueue;
  readonly #fragmentBytesMax: number;
  readonly #held = new Map<string, Held>();

  constructor(ports: ForwardPorts, timer: ContactTimer, { contact, nextStartMs, back }: Planned) {
    const { rateBitsPerSecond, delayMs } = contact;
    this.#ports = ports;
    this.#timer = timer;
    this.#contact = contact;
    this.#back = back;
    this.#budget = new ContactBudget(contact, nextStartMs === undefined ? {} : { nextStartMs });
    const limits = limitsOf(ports);
    const fragmentBytesMin = Math.min(limits.fragmentBytesMax, FRAGMENT_BYTES_MIN);
    const inTimeBytes = Math.floor((rateBitsPerSecond / 8000) * limits.fragmentMsMax);
    this.#fragmentBytesMax = Math.max(fragmentBytesMin, Math.min(limits.fragmentBytesMax, inTimeBytes));
    this.#queue = new LinkQueue({
      rateBitsPerSecond,
      delayMs,
      fragmentBytesMax: this.#fragmentBytesMax,
      fragmentBytesMin,
      overheadBytes: FRAME_BYTES,
    });
  }

  /** `empty`: nothing is left to carry; `full`: what is left doesn't fit; `stopped`: it was to stop before. */
  async run(isOver: () => boolean): Promise<'empty' | 'full' | 'stopped'> {
    for (;;) {
      if (isOver()) {
        await this.#putBack();
        return 'stopped';
      }
      await this.#refill();
      const fragment = this.#queue.next(this.#ports.clock.now(), this.#budget);
      await this.#moveHopeless();
      if (fragment !== undefined) {
        await this.#carry(fragment);
        await this.#sleepUntil(fragment.endMs);
      } else if (this.#held.size > 0) {
        await this.#putBack();
        return 'full';
      } else {
        const isHidden = (await this.#depth()) > 0;
        if (!isHidden) return 'empty';
        if (this.#budget.leftBytes(this.#ports.clock.now()) === 0) return 'full';
        await this.#ports.clock.sleep(RETRY_MS);
      }
    }
  }

  async #refill(): Promise<void> {
    for (const precedence of PRECEDENCES) {
      const lane = this.#laneOf(precedence);
      for (;;) {
        const missing = AT_HAND - this.#queue.depth(precedence).bundles;
        const taken = missing > 0 ? await this.#ports.lanes.take(lane, missing, HOLD_MS) : [];
        for (const one of taken) await this.#admit(lane, one);
        if (taken.length === 0) break;
      }
    }
  }

  /** What somebody else holds counts too: after a crash, that is for a while what was at hand then. */
  async #depth(): Promise<number> {
    let depth = 0;
    for (const precedence of PRECEDENCES) depth += await this.#ports.lanes.depth(this.#laneOf(precedence));
    return depth;
  }

  #laneOf(precedence: Precedence): Lane {
    const { link, to } = this.#timer;
    return { link, to, precedence };
  }

  /** What is stale is taken out without effect; what is large, as its fragments. */
  async #admit(lane: Lane, taken: Taken): Promise<void> {
    const { custody, lanes, clock } = this.#ports;
    const { bundleId, attempt } = taken;
    const atHand = this.#held.get(bundleId);
    if (atHand?.taken.attempt === attempt) {
      atHand.taken = taken;
      return;
    }
    const transfer = await custody.get(bundleId);
    const isCurrent = transfer?.state === 'booked' && transfer.attempt === attempt - 1;
    const stored = isCurrent && atHand === undefined ? await custody.bytes(bundleId) : undefined;
    if (transfer === undefined || stored === undefined) return lanes.done(lane, [taken]);
    const leaving = await leave(this.#ports, transfer, stored);
    if (!(leaving instanceof Uint8Array)) return lanes.done(lane, [taken]);
    const held = { transfer, lane, taken, stored, leaving };
    const isFragmentable = mayFragment(stored);
    if (isFragmentable && leaving.length > this.#fragmentBytesMax) return this.#cutUp(held);
    this.#held.set(bundleId, held);
    const { precedence, source: originator, expiresMs } = transfer;
    const queued = { id: bundleId, precedence, originator, sizeBytes: leaving.length, isFragmentable };
    const deadline = Number.isFinite(expiresMs) ? { deadlineMs: expiresMs } : {};
    this.#queue.enqueue({ ...queued, ...deadline }, clock.now());
  }

  async #cutUp({ transfer, lane, taken, stored }: Held): Promise<void> {
    const bytesMax = this.#fragmentBytesMax - HOP_BLOCKS_BYTES;
    const fragments = fragmentBundle(decodeBundle(stored), bytesMax);
    for (const one of await splitInto(this.#ports, transfer, fragments))
      if (one.state === 'booked') await enter(this.#ports, one, this.#timer);
    await this.#ports.lanes.done(lane, [taken]);
  }

  async #carry(fragment: Fragment): Promise<void> {
    const { lanes } = this.#ports;
    const held = this.#held.get(fragment.bundle.id)!;
    const isWhole = fragment.sizeBytes === held.leaving.length;
    this.#forget(fragment);
    await this.#sleepUntil(fragment.startMs);
    if (isWhole) await this.#send(held.transfer, held.leaving, fragment);
    else await this.#sendPart(held, fragment);
    await lanes.done(held.lane, [held.taken]);
  }

  #forget(fragment: Fragment): void {
    const { id } = fragment.bundle;
    if (!this.#queue.sent(fragment)) this.#queue.evict(id, this.#ports.clock.now(), 'goes on in parts');
    this.#queue.takeReports();
    this.#held.delete(id);
  }

  /** As much as still fits; the rest is booked for the next contact. */
  async #sendPart({ transfer, stored }: Held, fragment: Fragment): Promise<void> {
    const split = splitBundle(decodeBundle(stored), fragment.sizeBytes - HOP_BLOCKS_BYTES);
    if (split?.rest === undefined) return bookAgain(this.#ports, transfer, this.#contact.endMs);
    const [first, rest] = await splitInto(this.#ports, transfer, [split.first, split.rest]);
    if (first?.state === 'booked') {
      const bytes = await this.#ports.custody.bytes(first.bundleId);
      const leaving = bytes && (await leave(this.#ports, first, bytes));
      if (leaving instanceof Uint8Array) await this.#send(first, leaving, fragment);
    }
    if (rest?.state === 'booked') await bookAgain(this.#ports, rest, this.#contact.endMs);
  }

  async #send(transfer: Transfer, leaving: Uint8Array, { endMs }: Fragment): Promise<void> {
    const { custody, clock } = this.#ports;
    const { bundleId, attempt, expiresMs, hop, precedence } = transfer;
    const answeredMs = answerMs(endMs + this.#contact.delayMs, this.#contact, this.#back);
    const dueMs = Math.min(expiresMs, answeredMs + ackMarginMs(this.#ports, precedence));
    const reason = `sent over ${hop!.link} to ${hop!.to}`;
    const set = { state: 'released', attempt: attempt + 1, dueMs, reason } as const;
    if (!(await custody.change({ bundleId, expect: { states: ['booked'], attempt }, set }))) return;
    this.#ports.booked?.delete(bundleId);
    const sent = { ...transfer, ...set };
    if (await transmit(this.#ports, sent, hop!.channel, leaving)) return;
    const again = { state: 'booked', dueMs: this.#timer.endMs, reason: 'its link was down' } as const;
    const expect = { states: ['released'], attempt: attempt + 1 } as const;
    if (await custody.change({ bundleId, expect, set: again }))
      await enter(this.#ports, { ...sent, ...again }, this.#timer);
    await clock.sleep(RETRY_MS);
  }

  /** What can't arrive in time over this link may still over another. */
  async #moveHopeless(): Promise<void> {
    for (const { kind, bundle } of this.#queue.takeReports()) {
      if (kind === 'demoted') continue;
      const held = this.#held.get(bundle.id);
      if (held === undefined) continue;
      this.#held.delete(bundle.id);
      await bookAgain(this.#ports, held.transfer, this.#contact.endMs);
      await this.#ports.lanes.done(held.lane, [held.taken]);
    }
  }

  async #putBack(): Promise<void> {
    for (const { lane, taken } of this.#held.values()) await this.#ports.lanes.giveBack(lane, [taken]);
    this.#held.clear();
  }

  async #sleepUntil(ms: number): Promise<void> {
    const { clock } = this.#ports;
    const leftMs = ms - clock.now();
    if (leftMs > 0) await clock.sleep(leftMs);
  }
}

function mayFragment(stored: Uint8Array): boolean {
  return !hasFlag(decodeBundle(stored).primary.flags, BUNDLE_FLAGS.mustNotFragment);
}
