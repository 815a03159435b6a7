/** The ledger of bundles that this node answers for. */
import type { CustodyTotals, Transfer, TransferState } from '../custody/transfer.ts';

export interface TransferChange {
  bundleId: string;
  /** It must be as this says, else nothing changes. */
  expect: { states: readonly TransferState[]; attempt?: number };
  /** What isn't named stays; undefined takes `hop` away. */
  set: Partial<Pick<Transfer, 'state' | 'attempt' | 'hop' | 'dueMs' | 'reason' | 'endedMs'>>;
}

export interface TransferFilter {
  /** An open one. */
  state?: TransferState;
  /** Id of the node that its hop leads to. */
  to?: string;
}

export interface TransferPage {
  transfers: Transfer[];
  /** Absent on the last page. */
  cursor?: string;
}

/** Every write is whole or not at all, and durable when it resolves. Errors of all: `StoreUnavailable`. */
export interface CustodyStore {
  /**
   * Takes an open bundle into custody, with its encoded bytes. False where it is or was in custody already: an ended one is
   * remembered until `forget`. Errors: `InvalidInput` for what isn't a transfer, `PayloadTooLarge` above `BUNDLE_BYTES_MAX`.
   */
  accept(transfer: Transfer, bytes: Uint8Array): Promise<boolean>;
  get(bundleId: string): Promise<Transfer | undefined>;
  /** As they were accepted; undefined once it has ended. */
  bytes(bundleId: string): Promise<Uint8Array | undefined>;
  /** Tells whether it was applied. An end lets the bytes go, and is for good: what has ended changes no more. Errors: `InvalidInput`. */
  change(change: TransferChange): Promise<boolean>;
  /** Open ones whose `dueMs` is at or before the time, the earliest first. None that is durable is missing. */
  due(atMs: number, limit: number): Promise<Transfer[]>;
  /**
   * Open ones, by precedence and then by `expiresMs`; at most `limit`, 100 unless given. A page may be short of it, and what
   * changed within the last second may be missing. Errors: `InvalidInput` for a cursor that no page gave.
   */
  open(filter?: TransferFilter & { limit?: number; cursor?: string }): Promise<TransferPage>;
  totals(): Promise<CustodyTotals>;
  /** Forgets what ended and has expired before the time; its part of the totals stays. Returns how many, at most `limit`. */
  forget(beforeMs: number, limit: number): Promise<number>;
}
