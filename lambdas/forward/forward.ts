/**
 * Moves bundles in custody on. Nothing is kept between calls but in the ports; a host may call any of these at any time,
 * and twice.
 */
import { type CustodyAnswer, isOfBundle } from '../../core/custody/answer.ts';
import { isOpen } from '../../core/custody/change.ts';
import { codeOfRefusal } from '../../core/custody/deletion.ts';
import { lookAgainMs } from '../../core/custody/patience.ts';
import { queuesOf, type QueuesResponse } from '../../core/custody/queues.ts';
import type { Transfer, TransferState } from '../../core/custody/transfer.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Channel } from '../../core/node/node.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import { drain, openContact } from './contact.ts';
import { end } from './end.ts';
import { type ForwardPorts, limitsOf } from './ports.ts';
import { step, type Stepped } from './step.ts';

export interface Swept {
  /** Bundles that were looked at. */
  stepped: number;
  /** Contacts that are on and have something to carry: drain them. */
  contacts: ContactTimer[];
}

/** Errors of all: `StoreUnavailable`; whatever was begun goes on with the next sweep. */
export interface ForwardUseCases {
  /** Takes a bundle as far as it goes now. */
  step(bundleId: string): Promise<Stepped>;
  /** A neighbour answers for these. */
  acknowledged(from: string, bundleIds: readonly string[], channel: Channel): Promise<void>;
  /** A neighbour does not take one. */
  refusedBy(from: string, refusal: Extract<CustodyAnswer, { type: 'refused' }>): Promise<void>;
  /** Something changed that may be a way: to a node, or anywhere. */
  wake(to?: string): Promise<Swept>;
  /** A contact begins or ends. Tells whether it is on, and to be drained. */
  openContact(contact: ContactTimer): Promise<boolean>;
  /**
   * Sends what a contact carries until nothing is left or fits. Asked for again meanwhile, it looks once more; two processes
   * must not drain one contact. False where it stopped because of `isOver` with something left, which is in the lanes.
   * @param isOver asked between two bundles; never, unless given
   */
  drain(contact: ContactTimer, isOver?: () => boolean): Promise<boolean>;
  /**
   * Looks at what is due, and forgets what can't come again. To be called every few seconds, also while an earlier call is still
   * at work on a neighbour that takes its time: what is for that one is left to it.
   */
  sweep(): Promise<Swept>;
  /** When a host that always runs should sweep again: soon after something is due, within a second. Without errors. */
  nextSweepMs(): Promise<number>;
  /** After the start of the only process of this node: everything is looked at. */
  recover(): Promise<Swept>;
  queues(): Promise<QueuesResponse>;
}

const SWEEP_MS = 1000;
/** What is due one after the other is looked at together. */
const SWEEP_MS_MIN = 100;
const PAGE = 100;
/** Of one sweep. */
const PAGES_MAX = 100;
const FORGET_MS = 60_000;
/** A thousand a second. */
const FORGET_PAGES_MAX = 600;
/** So often what may have been damaged on its way is sent; then it was so from the beginning, or the keys differ. */
const REFUSALS_MAX = 5;

export function createForward(ports: ForwardPorts): ForwardUseCases {
  const forget = seldom(ports);
  const busy = new Set<string>();
  return {
    step: (bundleId) => step(ports, bundleId),
    acknowledged: (from, bundleIds, channel) => acknowledged(ports, from, bundleIds, channel),
    refusedBy: (from, refusal) => refusedBy(ports, from, refusal),
    wake: async (to) => {
      await ports.channels.look();
      const isWanted = ({ destination, hop }: Transfer) =>
        to === undefined || destination === to || hop?.to === to;
      return stepAll(ports, await openOnes(ports, ['waiting', 'booked'], isWanted));
    },
    openContact: (contact) => openContact(ports, contact),
    drain: singly((contact, isOver) => drain(ports, contact, isOver)),
    sweep: async () => {
      await ports.channels.look();
      const swept = await stepDue(ports, busy);
      await forget();
      return swept;
    },
    nextSweepMs: async () => {
      const nowMs = ports.clock.now();
      // The sweep tells what is wrong with the store.
      const [next] = await ports.custody.due(nowMs + SWEEP_MS, 1).catch(() => []);
      // What should have gone already is for a neighbour that takes its time.
      const dueMs = next !== undefined && next.dueMs > nowMs ? next.dueMs : nowMs + SWEEP_MS;
      return Math.max(dueMs, nowMs + SWEEP_MS_MIN);
    },
    recover: async () => {
      ports.intake?.reset();
      const open = await openOnes(ports, [undefined], (transfer) => held(ports, transfer));
      return stepAll(ports, open, { isAfresh: true });
    },
    queues: () => queuesOf(ports),
  };
}

const NEVER = (): boolean => false;

function singly(
  run: (contact: ContactTimer, isOver: () => boolean) => Promise<boolean>,
): ForwardUseCases['drain'] {
  const running = new Map<string, { isAsked: boolean; done: Promise<boolean> }>();
  return (contact, isOver = NEVER) => {
    const key = JSON.stringify([contact.to, contact.link]);
    const known = running.get(key);
    if (known !== undefined) {
      known.isAsked = true;
      return known.done;
    }
    const own = { isAsked: true, done: Promise.resolve(true) };
    running.set(key, own);
    own.done = (async () => {
      try {
        let isDone = true;
        while (own.isAsked && isDone) {
          own.isAsked = false;
          isDone = await run(contact, isOver);
        }
        return isDone;
      } finally {
        running.delete(key);
      }
    })();
    return own.done;
  };
}

/** Forgets now and then what can't come again: as much as was taken in meanwhile, unless that was very much. */
function seldom(ports: ForwardPorts): () => Promise<void> {
  const { custody, clock } = ports;
  const { rememberMs } = limitsOf(ports);
  let nextMs = -Infinity;
  return async () => {
    const nowMs = clock.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + FORGET_MS;
    for (let page = 0; page < FORGET_PAGES_MAX; page++)
      if ((await custody.forget(nowMs - rememberMs, PAGE)) < PAGE) return;
  };
}

async function acknowledged(
  ports: ForwardPorts,
  from: string,
  bundleIds: readonly string[],
  channel: Channel,
): Promise<void> {
  for (const bundleId of bundleIds) {
    const transfer = await ports.custody.get(bundleId);
    if (transfer === undefined) continue;
    // Only who was given it can have it.
    if (transfer.hop?.to !== from || transfer.attempt === 0) continue;
    ports.channels.acknowledged(from, channel, transfer.precedence);
    if (isOpen(transfer))
      await end(ports, transfer, { state: 'acknowledged', reason: `${from} has it, over ${channel}` });
  }
}

async function refusedBy(
  ports: ForwardPorts,
  from: string,
  { bundleId, reason: why, isPermanent }: Extract<CustodyAnswer, { type: 'refused' }>,
): Promise<void> {
  const { custody, clock, random } = ports;
  const transfer = await custody.get(bundleId);
  if (transfer?.state !== 'released' || transfer.hop?.to !== from) return;
  const { attempt } = transfer;
  const reason = `${from} refused it: ${why}`;
  if (isPermanent || (isOfBundle(why) && attempt >= REFUSALS_MAX)) {
    const statusReason = codeOfRefusal(why);
    const { reportId } = await end(ports, transfer, { state: 'dead', reason, statusReason });
    if (reportId !== undefined) await step(ports, reportId);
    return;
  }
  const dueMs = lookAgainMs(transfer, clock.now(), random);
  const set = { state: 'waiting', dueMs, reason } as const;
  await custody.change({ bundleId, expect: { states: ['released'], attempt }, set });
}

const neighbourOf = ({ hop, destination }: Transfer): string => hop?.to ?? destination;

/** What is for one neighbour after each other, neighbours side by side: one that takes its time holds up no other. */
async function stepAll(
  ports: ForwardPorts,
  transfers: readonly Transfer[],
  { isAfresh = false, busy = new Set<string>() } = {},
): Promise<Swept> {
  const contacts = new Map<string, ContactTimer>();
  const ofEach = [...Map.groupBy(transfers, neighbourOf)].map(async ([neighbour, its]) => {
    busy.add(neighbour);
    try {
      for (const transfer of its) {
        const { contact } = await step(ports, transfer.bundleId, isAfresh).catch((error: unknown) =>
          setAside(ports, transfer, error),
        );
        if (contact) contacts.set(JSON.stringify([contact.to, contact.link]), contact);
      }
    } finally {
      busy.delete(neighbour);
    }
  });
  for (const ended of await Promise.allSettled(ofEach)) if (ended.status === 'rejected') throw ended.reason;
  return { stepped: transfers.length, contacts: [...contacts.values()] };
}

/** One that can't be dealt with holds up no other. */
async function setAside(ports: ForwardPorts, { bundleId }: Transfer, error: unknown): Promise<Stepped> {
  if (error instanceof StoreUnavailable) throw error;
  const { custody, clock, random } = ports;
  const transfer = await custody.get(bundleId);
  if (transfer === undefined || !isOpen(transfer)) return {};
  const { state, attempt } = transfer;
  const dueMs = lookAgainMs(transfer, clock.now(), random);
  const reason = `could not be dealt with: ${error instanceof Error ? error.message : String(error)}`;
  await custody.change({ bundleId, expect: { states: [state], attempt }, set: { dueMs, reason } });
  return {};
}

/** Each once, though what is looked at may be due again; but for what is for a busy neighbour. */
async function stepDue(ports: ForwardPorts, busy: Set<string>): Promise<Swept> {
  const { custody, clock } = ports;
  const swept: Swept = { stepped: 0, contacts: [] };
  const seen = new Set<string>();
  let left = 0;
  for (let page = 0; page < PAGES_MAX; page++) {
    const due = (await custody.due(clock.now(), PAGE + left)).filter(({ bundleId }) => !seen.has(bundleId));
    if (due.length === 0) break;
    for (const { bundleId } of due) seen.add(bundleId);
    const free = due.filter((transfer) => !busy.has(neighbourOf(transfer)));
    left += due.length - free.length;
    const { stepped, contacts } = await stepAll(ports, free, { busy });
    swept.stepped += stepped;
    swept.contacts.push(...contacts);
  }
  return swept;
}

/** All pages are read before the first is dealt with: dealing with one moves it. */
async function openOnes(
  { custody }: ForwardPorts,
  states: readonly (TransferState | undefined)[],
  isWanted: (transfer: Transfer) => boolean,
): Promise<Transfer[]> {
  const wanted: Transfer[] = [];
  for (const state of states) {
    let cursor: string | undefined;
    do {
      const page = await custody.open({ ...(state && { state }), ...(cursor !== undefined && { cursor }) });
      wanted.push(...page.transfers.filter(isWanted));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return wanted;
}

function held({ intake, clock }: ForwardPorts, { from, sizeBytes }: Transfer): boolean {
  intake?.hold(from, sizeBytes, clock.now());
  return true;
}
