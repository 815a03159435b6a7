/** Does what is to be done about bundles, for hosts whose processes come and go. */
import type { Message } from '../../core/custody/message.ts';
import type { Transfer, TransferState } from '../../core/custody/transfer.ts';
import { isOpen } from '../../core/custody/change.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import type { CustodyStore } from '../../core/ports/custody-store.ts';
import type { Errand, Errands } from '../../core/ports/errands.ts';
import type { CustodyUseCases } from './custody.ts';
import type { ForwardUseCases } from './forward.ts';
import { CUSTODY_LIMITS } from './ports.ts';
import type { TellLinks } from './tell-links.ts';

export interface ErrandPorts {
  custody: CustodyStore;
  accept: CustodyUseCases['accept'];
  forward: Pick<ForwardUseCases, 'step' | 'acknowledged' | 'refusedBy'>;
  errands: Errands;
  /** Has a contact drained that is on. */
  drain: (contact: ContactTimer) => Promise<void>;
  /** Tells these nodes of the network, or all, where they don't know it as it is. */
  tell: (nodes?: readonly string[]) => Promise<void>;
  /** Tells nodes of links, where they don't know them as they are. */
  tellLinks: TellLinks;
  /** Places tasks again that no node could run. */
  placeAgain: () => Promise<void>;
  /** Tells how things stand. */
  measure: () => Promise<void>;
  clock: Pick<Clock, 'now'>;
}

/** What is due sooner than this has an errand of its own; the rest is found by a sweep. */
const SOON_MS = 60_000;
/** Of one sweep: more than are stepped until the next. */
const DUE_MAX = 1000;
const FORGET_MAX = 1000;
/** Of one errand to send on. */
const BATCH = 100;

/** Errors of `perform`: those of `accept`, for what can't be sent, `StoreUnavailable`. */
export function createErrands(ports: ErrandPorts) {
  const { custody, forward, errands, drain, tell, clock } = ports;
  return { perform };

  async function perform(errand: Errand): Promise<void> {
    switch (errand.type) {
      case 'accept':
        return accept(errand.message);
      case 'step':
        return step(errand.bundleId);
      case 'acknowledged':
        return forward.acknowledged(errand.from, errand.bundleIds, errand.channel);
      case 'refused':
        return forward.refusedBy(errand.from, errand.refusal);
      case 'wake':
        return wake(errand.node);
      case 'tell-links':
        return tellLinks();
      case 'sweep':
        return sweep();
    }
  }

  /** Stepped also where it is there already: a crash may have come before that. */
  async function accept(message: Message): Promise<void> {
    await step((await ports.accept(message)).bundleId);
  }

  async function step(bundleId: string): Promise<void> {
    const before = await custody.get(bundleId);
    if (before === undefined || !isOpen(before)) return;
    const { contact } = await forward.step(bundleId);
    if (contact) await drain(contact);
    const after = await custody.get(bundleId);
    // Of several errands for one bundle the one that moved it looks again.
    const isMoved = after !== undefined && isOpen(after) && movedFrom(before, after);
    if (!isMoved || after.dueMs > clock.now() + SOON_MS) return;
    await errands.send([{ type: 'step', bundleId }], after.dueMs);
  }

  async function wake(node: string): Promise<void> {
    for (const state of ['waiting', 'booked'] as const)
      for await (const page of openPages(state))
        await stepAll(page.filter(({ destination, hop }) => destination === node || hop?.to === node));
    // The node before it said anything, and the others of it.
    await tell([node]);
    await tell();
    await tellLinks();
    await ports.placeAgain();
  }

  async function sweep(): Promise<void> {
    await stepAll(await custody.due(clock.now(), DUE_MAX));
    await custody.forget(clock.now() - CUSTODY_LIMITS.rememberMs, FORGET_MAX);
    await tell();
    await tellLinks();
    await ports.placeAgain();
    await ports.measure();
  }

  /** Who was told just before is not left to the sweep. */
  async function tellLinks(): Promise<void> {
    const againMs = await ports.tellLinks();
    if (againMs !== undefined) await errands.send([{ type: 'tell-links' }], againMs);
  }

  async function stepAll(transfers: readonly Transfer[]): Promise<void> {
    for (let at = 0; at < transfers.length; at += BATCH)
      await errands.send(
        transfers.slice(at, at + BATCH).map(({ bundleId }): Errand => ({ type: 'step', bundleId })),
      );
  }

  async function* openPages(state: TransferState): AsyncGenerator<Transfer[]> {
    let cursor: string | undefined;
    do {
      const page = await custody.open({ state, ...(cursor !== undefined && { cursor }) });
      yield page.transfers;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
}

const movedFrom = (before: Transfer, after: Transfer): boolean =>
  before.attempt !== after.attempt || before.dueMs !== after.dueMs || before.state !== after.state;
