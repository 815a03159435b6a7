/** Keeps what is registered of the network, and what is measured of its links. */
import type { LinkState } from '../link-health/state.ts';
import type { Registered } from '../network/network.ts';

/** Lists that replace those that stand; what isn't named stays. */
export interface NetworkEdit extends Partial<Omit<Registered, 'version'>> {
  /** New texts by the `textId` that a constellation or plan names. */
  texts?: Readonly<Record<string, string>>;
}

/** What was last measured of a link. */
export interface MeasuredLink extends LinkState {
  linkId: string;
  /** When it was measured, epoch milliseconds. */
  atMs: number;
}

/** Errors of all: `StoreUnavailable`. */
export interface NetworkStore {
  /** Of what is registered; cheap, to know whether it is as it was. */
  version(): Promise<number>;
  /** All that is registered, in one version. */
  registered(): Promise<Registered>;
  /**
   * Changes all of it or nothing: the lists that `edit` returns replace those that stand, under the next version. `edit`
   * is called again where somebody else was faster, so it must be pure; undefined leaves everything as it is. Texts that
   * nothing names any more are forgotten, and so is what was measured of links that are gone. Errors: those of `edit`.
   */
  change(edit: (standing: Registered) => NetworkEdit | undefined): Promise<Registered>;
  /** Undefined: there is none, or none any more. */
  text(textId: string): Promise<string | undefined>;

  /** False where something newer (by `atMs`) is kept already. */
  putLinkState(state: MeasuredLink): Promise<boolean>;
  /** In no order; of links that were measured. */
  linkStates(): Promise<MeasuredLink[]>;
}
