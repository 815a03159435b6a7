/** Queues that a contact drains: what is in one may leave now. The ledger, not the lane, answers for a bundle. */
import { HoldfastError } from '../errors.ts';
import type { Precedence } from '../satellite/precedence.ts';

/** Has a lane for each precedence. */
export interface LaneLink {
  /** The link, or the satellites or plan, that the contact belongs to, and the neighbour that it leads to. */
  link: string;
  to: string;
}

export interface Lane extends LaneLink {
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
  /** Names it in `done` and `giveBack`, as long as it is held. */
  receipt: string;
}

/** More links are in contact at once than the host has lanes for. */
export class LanesBusy extends HoldfastError {
  override readonly name = 'LanesBusy';
  override readonly kind = 'limited';
}

/** Errors of all: `StoreUnavailable`. */
export interface ReleaseLanes {
  /**
   * Durable when it resolves. The same bundle and attempt is in the lane once, however often it is put; put again after it was
   * done, it may come again. Errors: `LanesBusy`.
   */
  put(lane: Lane, released: readonly Released[]): Promise<void>;
  /**
   * The next ones, at most `max`, in order within each flow, hidden from other takers for `holdMs`; none only where there is none
   * to take. A flow of which somebody holds some gives no more. What is neither done nor given back by then comes again.
   */
  take(lane: Lane, max: number, holdMs: number): Promise<Taken[]>;
  /** They have left, or are stale. What was lost of it by a crash comes again. */
  done(lane: Lane, taken: readonly Taken[]): Promise<void>;
  /** They come again, before what was behind them in their flow. */
  giveBack(lane: Lane, taken: readonly Taken[]): Promise<void>;
  /** What is in it, taken or not; approximate where the service counts so. */
  depth(lane: Lane): Promise<number>;
  /** The contact is over: what is left in the lanes of the link never comes, and another link may have their place. */
  close(link: LaneLink): Promise<void>;
}
