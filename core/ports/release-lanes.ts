/** Queues that a contact drains: what is in one may leave now. The ledger, not the lane, answers for a bundle. */
import type { Precedence } from '../satellite/precedence.ts';

export interface Lane {
  /** Of the link, or the satellites or plan, that the contact belongs to, and of the neighbour that it leads to. */
  link: string;
  to: string;
  precedence: Precedence;
}

export interface Released {
  bundleId: string;
  /** Of its transfer: an older one is stale, and is taken out without effect. */
  attempt: number;
  /** In order within a flow: the node that the bundle comes from. */
  flow: string;
  sizeBytes: number;
  expiresMs: number;
}

export interface Taken extends Released {
  /** Names it in `done` and `giveBack`. */
  receipt: string;
}

/** Errors of all: `StoreUnavailable`. */
export interface ReleaseLanes {
  /** Durable when it resolves. The same bundle and attempt is in the lane once, however often it is put. */
  put(lane: Lane, released: readonly Released[]): Promise<void>;
  /**
   * The next ones, in order within each flow, hidden from other takers for `holdMs`; fewer than `max` where there are fewer.
   * What is neither done nor given back by then comes again.
   */
  take(lane: Lane, max: number, holdMs: number): Promise<Taken[]>;
  /** They have left, or are stale. */
  done(lane: Lane, taken: readonly Taken[]): Promise<void>;
  /** They come again, before what was behind them in their flow. */
  giveBack(lane: Lane, taken: readonly Taken[]): Promise<void>;
  /** What is in it, taken or not; approximate where the service counts so. */
  depth(lane: Lane): Promise<number>;
  /** The contact is over: nothing is left in the lane, and another link may have its place. */
  close(lane: Lane): Promise<void>;
}
