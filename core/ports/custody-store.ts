/** The ledger of bundles that this node answers for. */
import type { CustodyTotals, Transfer, TransferState } from '../custody/transfer.ts';

export interface TransferChange {
  bundleId: string;
  /** It must be as this says, else nothing changes. */
  expect: { states: readonly TransferState[]; attempt?: number };
  /** What isn't named stays; undefined takes `hop` away. */
  set: Partial<Pick<Transfer, 'state' | 'attempt' | 'hop' | 'dueMs' | 'reason' | 'endedMs'>>;
}

export interface TransferPage {
  transfers: Transfer[];
  /** Absent on the last page. */
  cursor?: string;
}

/** Every write is whole or not at all, and durable when it resolves. Errors of all: `StoreUnavailable`. */
export interface CustodyStore {
  /**
   * Takes a bundle into custody, with its encoded bytes. False where it is or was in custody already: an ended one is
   * remembered until `forget`. Errors: `PayloadTooLarge`.
   */
  accept(transfer: Transfer, bytes: Uint8Array): Promise<boolean>;
  get(bundleId: string): Promise<Transfer | undefined>;
  /** As they were accepted; undefined once it has ended. */
  bytes(bundleId: string): Promise<Uint8Array | undefined>;
  /** Tells whether it was applied. An end lets the bytes go. */
  change(change: TransferChange): Promise<boolean>;
  /** Open ones whose `dueMs` is at or before the time, the earliest first. */
  due(atMs: number, limit: number): Promise<Transfer[]>;
  /** Open ones, by precedence and then by `expiresMs`; only those of a state or with a hop to a node, where that is asked for. */
  open(filter?: {
    state?: TransferState;
    to?: string;
    limit?: number;
    cursor?: string;
  }): Promise<TransferPage>;
  totals(): Promise<CustodyTotals>;
  /** Forgets what ended and has expired before the time; its part of the totals stays. Returns how many, at most `limit`. */
  forget(beforeMs: number, limit: number): Promise<number>;
}
