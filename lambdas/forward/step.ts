/** Takes one bundle in custody as far as it goes now. */
import type { Bundle } from '../../core/bundle/bundle.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import { CUSTODY } from '../../core/bundle/extensions.ts';
import { departing } from '../../core/bundle/hop.ts';
import { blockValue, HOP_COUNT, withBlock } from '../../core/bundle/known-blocks.ts';
import { BundleRefused } from '../../core/bundle/refusal.ts';
import { STATUS_REASONS } from '../../core/bundle/status-report.ts';
import { isOpen } from '../../core/custody/change.ts';
import { nodeEid } from '../../core/custody/address.ts';
import type { Way } from '../../core/custody/channels.ts';
import { codeOfError } from '../../core/custody/deletion.ts';
import { HOPS_MAX } from '../../core/custody/message.ts';
import type { Transfer, TransferHop } from '../../core/custody/transfer.ts';
import { PayloadTooLarge, StoreUnavailable } from '../../core/errors.ts';
import { lasting } from '../../core/link-health/state.ts';
import { chunksOf } from '../../core/node/chunks.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import { LinkDown } from '../../core/ports/link-client.ts';
import { isUrgent, type Precedence } from '../../core/satellite/precedence.ts';
import { book, giveWay } from './book.ts';
import { deliver } from './deliver.ts';
import { end } from './end.ts';
import { type ForwardPorts, limitsOf } from './ports.ts';
import { type Asked, nextWay } from './way.ts';

export interface Stepped {
  /** A contact that is on, and has something to carry now: drain it. */
  contact?: ContactTimer;
}

/** More channels than there are can't fail in one step. */
const TURNS_MAX = 8;

/** @param isAfresh nobody else is at work on it: the process began just now */
export async function step(ports: ForwardPorts, bundleId: string, isAfresh = false): Promise<Stepped> {
  const { custody, clock, node } = ports;
  const transfer = await custody.get(bundleId);
  if (transfer === undefined || !isOpen(transfer)) return {};
  const nowMs = clock.now();
  if (nowMs >= transfer.expiresMs) return expire(ports, transfer);
  if (transfer.destination === node) {
    if (ports.services === undefined || (nowMs < transfer.dueMs && !isAfresh)) return {};
    const nextId = await deliver(ports, transfer);
    return nextId === undefined ? {} : step(ports, nextId);
  }
  if (transfer.state !== 'released') return forward(ports, transfer, {});
  if (nowMs < transfer.dueMs) return {};
  const { to, channel } = transfer.hop!;
  return forward(ports, transfer, { failed: { to, channel } });
}

async function expire(ports: ForwardPorts, transfer: Transfer): Promise<Stepped> {
  const { expiresMs, acceptedMs, reason: was, state } = transfer;
  const reason = `its lifetime ended ${lasting(expiresMs - acceptedMs)} after it came, ${state}: ${was}`;
  const statusReason = STATUS_REASONS.lifetimeExpired;
  return reported(ports, await end(ports, transfer, { state: 'expired', reason, statusReason }));
}

const reported = (ports: ForwardPorts, { reportId }: { reportId?: string }): Promise<Stepped> | Stepped =>
  reportId === undefined ? {} : step(ports, reportId);

async function forward(ports: ForwardPorts, came: Transfer, asked: Asked): Promise<Stepped> {
  const { custody } = ports;
  let transfer = came;
  let failed = asked.failed;
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    const next = await nextWay(ports, transfer, { failed });
    if (next.kind === 'book') {
      const stepped = await book(ports, transfer, next.hop, next.reason);
      await giveWay(ports, transfer, next.hop);
      return stepped;
    }
    const { bundleId, state, attempt } = transfer;
    if (next.kind === 'wait') {
      const set = { state: 'waiting', dueMs: next.untilMs, reason: next.reason } as const;
      await custody.change({ bundleId, expect: { states: [state], attempt }, set });
      return {};
    }
    const claimed = await claim(ports, transfer, next);
    if (claimed === undefined) return {};
    const sent = await send(ports, claimed, next.ways);
    if (sent !== 'down') return sent;
    transfer = claimed;
    failed = { to: next.to, channel: next.ways.at(-1)!.channel };
  }
  return {};
}

interface Sending {
  to: string;
  ways: readonly Way[];
  reason: string;
}

/** Fenced by the attempt: of several that see the same, one sends. */
async function claim(
  ports: ForwardPorts,
  transfer: Transfer,
  { to, ways, reason }: Sending,
): Promise<Transfer | undefined> {
  const nowMs = ports.clock.now();
  const { bundleId, state, attempt, expiresMs, precedence } = transfer;
  const { link, channel } = ways.at(-1)!;
  const takesMs = Math.max(...ways.map((way) => way.takesMs));
  const hop: TransferHop = { to, link, channel, departMs: nowMs };
  const set = {
    state: 'released',
    attempt: attempt + 1,
    hop,
    dueMs: Math.min(expiresMs, ackDueMs(ports, nowMs, takesMs, precedence)),
    reason,
  } as const;
  const isClaimed = await ports.custody.change({ bundleId, expect: { states: [state], attempt }, set });
  return isClaimed ? { ...transfer, ...set } : undefined;
}

/** There and back; the answer is small, so it is no slower. */
function ackDueMs(ports: ForwardPorts, sentMs: number, takesMs: number, precedence: Precedence): number {
  return sentMs + 2 * (Number.isFinite(takesMs) ? takesMs : 0) + ackMarginMs(ports, precedence);
}

/** So late an acknowledgement may be. */
export function ackMarginMs(ports: ForwardPorts, precedence: Precedence): number {
  const limits = limitsOf(ports);
  return isUrgent(precedence) ? Math.min(limits.ackMarginMs, limits.urgentAckMarginMs) : limits.ackMarginMs;
}

async function send(
  ports: ForwardPorts,
  transfer: Transfer,
  ways: readonly Way[],
): Promise<'down' | Stepped> {
  const bytes = await ports.custody.bytes(transfer.bundleId);
  if (bytes === undefined) return {};
  const leaving = await leave(ports, transfer, bytes);
  if (!(leaving instanceof Uint8Array)) return leaving;
  const sent = await Promise.all(ways.map(({ channel }) => transmit(ports, transfer, channel, leaving)));
  return sent.includes(true) ? {} : 'down';
}

/** As it goes to the next node. What can't go any further has ended. */
export async function leave(
  ports: ForwardPorts,
  transfer: Transfer,
  bytes: Uint8Array,
): Promise<Uint8Array | Stepped> {
  try {
    return encodeBundle(leavingOf(ports, transfer, decodeBundle(bytes)));
  } catch (error) {
    if (!(error instanceof BundleRefused)) throw error;
    const ended = await end(ports, transfer, {
      state: error.reason === 'expired' ? 'expired' : 'dead',
      reason: `${error.reason}: ${error.message}`,
      statusReason: codeOfError(error),
    });
    return reported(ports, ended);
  }
}

export function leavingOf({ node, clock }: ForwardPorts, transfer: Transfer, bundle: Bundle): Bundle {
  const { acceptedMs: receivedMs, attempt } = transfer;
  const counted =
    blockValue(bundle, HOP_COUNT) === undefined
      ? withBlock(bundle, HOP_COUNT, { limit: HOPS_MAX, count: 0 })
      : bundle;
  const custodian = withBlock(counted, CUSTODY, { custodian: nodeEid(node), transfer: attempt });
  return departing(custodian, { node: nodeEid(node), receivedMs, nowMs: clock.now() });
}

/** False: nothing leads there now. */
export async function transmit(
  { links, isolation }: ForwardPorts,
  { bundleId, hop, precedence }: Transfer,
  channel: Way['channel'],
  leaving: Uint8Array,
): Promise<boolean> {
  const { to } = hop!;
  const send = async (): Promise<void> => {
    for (const frame of chunksOf(bundleId, leaving)) await links.send(to, channel, frame);
  };
  try {
    await (isolation ? isolation.run({ to, channel, precedence }, send) : send());
    return true;
  } catch (error) {
    const isOfLink =
      error instanceof LinkDown || error instanceof StoreUnavailable || error instanceof PayloadTooLarge;
    if (isOfLink) return false;
    throw error;
  }
}
