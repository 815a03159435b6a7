/** A bundle in this node's custody: from when it was accepted until somebody else has it, or it is worthless. */
import type { BundleLabel } from '../bundle/extensions.ts';
import type { Channel } from '../node/node.ts';
import type { Precedence } from '../satellite/precedence.ts';

/**
 * `waiting` for a way, for its turn to be delivered here, or for the other fragments; `booked` for the contact of `hop`, from
 * whose beginning on it is in a release lane; `released` to the link of `hop`, and sent again unless it is acknowledged by
 * `dueMs`. The last three are ends: `acknowledged` by the next custodian, delivered here, or in custody as its fragments or
 * as the whole of them; `expired`; or `dead`: it can't be handled, and `reason` says why.
 */
export const TRANSFER_STATES = ['waiting', 'booked', 'released', 'acknowledged', 'expired', 'dead'] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];
export const TRANSFER_OPEN: readonly TransferState[] = ['waiting', 'booked', 'released'];

/** The way to the next custodian. */
export interface TransferHop {
  /** Id of the node. */
  to: string;
  /** As `NetworkHop.link`. */
  link: string;
  channel: Channel;
  /** When it leaves, as planned; epoch milliseconds. */
  departMs: number;
  /** When the contact ends; absent where the link is always there. */
  closesMs?: number;
}

export interface Transfer {
  /** Of this stay, as `stayId` gives it: that of the bundle itself where it began and where it ends. */
  bundleId: string;
  /** Ids of nodes. */
  source: string;
  destination: string;
  /** The neighbour that it came from; absent for what began here. */
  from?: string;
  precedence: Precedence;
  label?: BundleLabel;
  /** Encoded. */
  sizeBytes: number;
  acceptedMs: number;
  /** When its lifetime is over; epoch milliseconds. */
  expiresMs: number;
  state: TransferState;
  /** Releases, and tries to deliver it here, so far; the fence: whoever names an older one is late. */
  attempt: number;
  hop?: TransferHop;
  /** When somebody has to look at it again; epoch milliseconds, at most `expiresMs`. */
  dueMs: number;
  /** Why it is where it is: `chose satellite over primary: down, nothing came back for 3 s`. */
  reason: string;
  endedMs?: number;
}

/** Bundles and bytes by state: `accepted` is always the sum of the others. */
export type CustodyTotals = Record<'accepted' | TransferState, { bundles: number; bytes: number }>;
