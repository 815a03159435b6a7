/** Ends a stay in custody, with a report to whoever asked for one. */
import type { Bundle } from '../../core/bundle/bundle.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import { dtnTime } from '../../core/bundle/expiry.ts';
import { HOP_COUNT, withBlock } from '../../core/bundle/known-blocks.ts';
import { PRECEDENCE } from '../../core/bundle/extensions.ts';
import { reportOn, STATUS_REASONS } from '../../core/bundle/status-report.ts';
import { addressOf, nodeEid } from '../../core/custody/address.ts';
import { HOPS_MAX, sequenceOf } from '../../core/custody/message.ts';
import { protectedWith } from '../../core/custody/protection.ts';
import { type Transfer, TRANSFER_OPEN } from '../../core/custody/transfer.ts';
import type { CustodyPorts } from './ports.ts';
import { take } from './take.ts';

export interface End {
  state: 'acknowledged' | 'expired' | 'dead';
  reason: string;
  /** One of `STATUS_REASONS`, of what is expired or dead. @default none */
  statusReason?: number;
}

/** Reports are worth less than what they are about, and worthless later. */
const REPORT_LIFETIME_MS = 86_400_000;

/**
 * Tells whether it was this call that ended it, and the bundle that reports it. The report is in custody before the end
 * is, and is the same bundle when a crash comes between.
 */
export async function end(
  ports: CustodyPorts,
  transfer: Transfer,
  { state, reason, statusReason }: End,
): Promise<{ isEnded: boolean; reportId?: string }> {
  const { custody, clock, intake } = ports;
  const { bundleId, from, sizeBytes } = transfer;
  const reportId = state === 'acknowledged' ? undefined : await report(ports, transfer, state, statusReason);
  const isEnded = await custody.change({
    bundleId,
    expect: { states: TRANSFER_OPEN, ...(state !== 'acknowledged' && { attempt: transfer.attempt }) },
    set: { state, reason, endedMs: clock.now() },
  });
  if (isEnded) intake?.letGo(from, sizeBytes);
  return { isEnded, ...(reportId !== undefined && { reportId }) };
}

async function report(
  ports: CustodyPorts,
  { bundleId, expiresMs, acceptedMs, precedence }: Transfer,
  state: 'expired' | 'dead',
  reason: number = STATUS_REASONS.none,
): Promise<string | undefined> {
  const { node, custody, clock } = ports;
  const bytes = await custody.bytes(bundleId);
  const bundle = bytes === undefined ? undefined : readable(bytes);
  if (bundle === undefined) return undefined;
  const atMs = state === 'expired' ? expiresMs : acceptedMs;
  const made = reportOn(bundle, {
    status: 'deleted',
    dtnMs: dtnTime(clock.now()),
    reason,
    node: nodeEid(node),
    creation: { dtnMs: dtnTime(atMs), sequence: sequenceOf([node, bundleId, state]) },
    lifetimeMs: Math.max(0, Math.ceil(clock.now() - atMs)) + REPORT_LIFETIME_MS,
  });
  if (made === undefined) return undefined;
  const { node: to } = addressOf(made.primary.destination);
  const marked = withBlock(withBlock(made, HOP_COUNT, { limit: HOPS_MAX, count: 0 }), PRECEDENCE, precedence);
  const sent = to === node ? marked : protectedWith(marked, await ports.keys?.of(to));
  return (await take(ports, sent, encodeBundle(sent), { reason: `reports the end of ${bundleId}` })).bundleId;
}

/** What can't be read any more can't be reported on. */
function readable(bytes: Uint8Array): Bundle | undefined {
  try {
    return decodeBundle(bytes);
  } catch {
    return undefined;
  }
}
