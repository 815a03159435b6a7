/** Why a bundle was deleted on its way: as status reports say it, and in words. */
import { idOfName } from '../bundle/bundle-id.ts';
import { BundleRefused } from '../bundle/refusal.ts';
import { decodeStatusReport, STATUS_REASONS } from '../bundle/status-report.ts';
import type { CustodyStore } from '../ports/custody-store.ts';
import { isOpen } from './change.ts';

/** One of this node's own bundles. */
export interface Deletion {
  /** Of the whole, where a fragment was deleted. */
  bundleId: string;
  /** Ids of the nodes that it was for, and that deleted it. */
  destination: string;
  by: string;
  reason: string;
}

const CODES: { [reason: string]: number | undefined } = {
  malformed: STATUS_REASONS.blockUnintelligible,
  corrupt: STATUS_REASONS.blockUnintelligible,
  unsupported: STATUS_REASONS.blockUnsupported,
  'too-large': STATUS_REASONS.depletedStorage,
  flooding: STATUS_REASONS.depletedStorage,
  tampered: STATUS_REASONS.failedSecurityOperation,
  unprotected: STATUS_REASONS.missingSecurityOperation,
  'no-key': STATUS_REASONS.unknownSecurityOperation,
  expired: STATUS_REASONS.lifetimeExpired,
  looping: STATUS_REASONS.hopLimitExceeded,
};

/** Of what a neighbour refused, in its words: `too-large: …`. */
export const codeOfRefusal = (why: string): number =>
  CODES[why.split(':', 1)[0]!] ?? STATUS_REASONS.transmissionCancelled;

/** Of what can't be delivered, or go any further. */
export const codeOfError = (error: unknown): number =>
  (error instanceof BundleRefused ? CODES[error.reason] : undefined) ?? STATUS_REASONS.destinationUnavailable;

/** `hop limit exceeded` */
function wordsOf(code: number): string {
  const [name = `reason ${code}`] = Object.entries(STATUS_REASONS).find(([, known]) => known === code) ?? [];
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/**
 * What a status report says; undefined where it is of no bundle that began here, or says of one that it is on its way. Errors:
 * `BundleRefused` (malformed, unsupported) for what is no status report, `StoreUnavailable`.
 */
export async function deletionIn(
  payload: Uint8Array,
  by: string,
  { node, custody }: { node: string; custody: Pick<CustodyStore, 'get'> },
): Promise<Deletion | undefined> {
  const { statuses, reason: code, ...name } = decodeStatusReport(payload);
  if (statuses.deleted === undefined) return undefined;
  const bundleId = idOfName({ source: name.source, creation: name.creation });
  const whole = await custody.get(bundleId);
  if (whole?.source !== node || whole.from !== undefined) return undefined;
  const part = by === node ? await custody.get(idOfName(name)) : undefined;
  // Its own report may be read before the end that it is of is written.
  const reason = part !== undefined && !isOpen(part) ? part.reason : wordsOf(code);
  return { bundleId, destination: whole.destination, by, reason };
}
