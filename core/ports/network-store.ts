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
  /** By another host, which told of it when it changed. @default by this one or its neighbour, which repeat it */
  isTold?: boolean | undefined;
}

/** What a node last said of itself beside what is registered of it. */
export interface NodeReport {
  nodeId: string;
  /** When it came, epoch milliseconds. */
  atMs: number;
  /** Task types that it runs. */
  taskTypes: string[];
  /** Tasks that it has taken and not ended. */
  load: number;
}

/** What of a link changes which ways lead over it. */
export type LinkGist = 'up' | 'degraded' | 'down' | 'closed';

/** What a node was told of a link, and when, epoch milliseconds. */
export interface ToldLink {
  gist: Exclude<LinkGist, 'up'>;
  atMs: number;
}

/** What a node was told of links that others measured. */
export interface ToldLinks {
  nodeId: string;
  /** When it was last told something, epoch milliseconds. */
  atMs: number;
  /** By the link's id; it takes the others for `up`. Undefined: it was out of reach since, and is told of all links again. */
  links: ReadonlyMap<string, ToldLink> | undefined;
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
   * nothing names any more are forgotten, and so are what was measured of links, and said by or told to nodes, that are
   * gone. Errors: those of `edit`.
   */
  change(edit: (standing: Registered) => NetworkEdit | undefined): Promise<Registered>;
  /** Undefined: there is none, or none any more. */
  text(textId: string): Promise<string | undefined>;

  /** False where something newer (by `atMs`) is kept already. */
  putLinkState(state: MeasuredLink): Promise<boolean>;
  /** In no order; of links that were measured. */
  linkStates(): Promise<MeasuredLink[]>;
  /** False where something newer (by `atMs`) is kept already. */
  putNodeReport(report: NodeReport): Promise<boolean>;
  /** In no order; of nodes that said something. */
  nodeReports(): Promise<NodeReport[]>;
  /** False where something newer (by `atMs`) is kept already. */
  putToldLinks(told: ToldLinks): Promise<boolean>;
  /** In no order; of nodes that were told something. */
  toldLinks(): Promise<ToldLinks[]>;
}
