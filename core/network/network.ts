/** What users register of a network: nodes, links, satellites and contact plans. */
import type { PlanFormat } from '../contact-plan/plan.ts';
import type { Channel, NodeKind } from '../node/node.ts';

/** Geodetic, WGS 84. */
export interface Position {
  /** North is positive. */
  latitudeDegrees: number;
  /** East is positive; -180 to 360. */
  longitudeDegrees: number;
  /** Above the ellipsoid. */
  altitudeM: number;
}

export interface NetworkNode {
  id: string;
  kind: NodeKind;
  /** What its tasks may ask for: `gpu`, `camera`. */
  capabilities: string[];
  /** With one, satellites pass over it. */
  position?: Position;
  /** Tasks at once. @default as many as come */
  concurrency?: number;
  /** Task types that it offers. @default any, as far as is known */
  types?: string[];
}

/** One way. */
export interface NetworkLink {
  id: string;
  /** Ids of nodes; of a link that is usable in contacts only, also names of satellites and of a plan's nodes. */
  from: string;
  to: string;
  channel: Channel;
  /** As planned, before losses. */
  rateBitsPerSecond: number;
  delayMs: number;
  /** Of what is sent, 0 to below 1; it is sent again. @default 0 */
  lossRatio?: number;
  /** What it fails together with: a conduit, a mast, a power supply. @default none */
  riskGroups?: string[];
  /** Usable only in the contacts that satellites and plans give it. @default false: always */
  viaContacts?: boolean;
}

export interface InterSatelliteLinks {
  rateBitsPerSecond: number;
  /** @default 5,000,000 */
  rangeM?: number;
  /** Names of satellites that can point at each other. @default each at each, of up to 60 satellites */
  pairs?: [string, string][];
}

export interface ConstellationSettings {
  /** What a satellite must stand above the horizon to be of use. */
  minElevationDegrees: number;
  /** Of each contact with the ground, up and down. */
  rateBitsPerSecond: number;
  interSatellite?: InterSatelliteLinks;
}

/** A text that was given once, and what is known of it without reading it again. */
interface Stored {
  name: string;
  /** What the store calls the text; another one for each text. */
  textId: string;
  /** Of the text, in hex. */
  sha256: string;
  /** Nodes that it tells of: satellites by the names of their element sets, or a plan's nodes. */
  nodes: string[];
}

export interface StoredConstellation extends Stored, ConstellationSettings {}

export interface PlanSettings {
  /** Epoch milliseconds of the plan's time 0. */
  startsMs: number;
  /** Of every contact, where the plan states none. */
  rateBitsPerSecond?: number;
}

export interface StoredPlan extends Stored, PlanSettings {
  format: PlanFormat;
  contacts: number;
}

/** The whole of it, without the texts; each list by id or name. */
export interface Registered {
  /** Grows with each change; 0: nothing was ever registered. */
  version: number;
  nodes: readonly NetworkNode[];
  links: readonly NetworkLink[];
  constellations: readonly StoredConstellation[];
  plans: readonly StoredPlan[];
}

export const NOTHING_REGISTERED: Registered = {
  version: 0,
  nodes: [],
  links: [],
  constellations: [],
  plans: [],
};

/** Nodes and links as a file has them. */
export interface NetworkFile {
  nodes: NetworkNode[];
  links: NetworkLink[];
}

export const NETWORK_LIMITS = {
  nodes: 5000,
  links: 20_000,
  capabilities: 50,
  types: 500,
  riskGroups: 20,
  constellations: 50,
  plans: 50,
  satellites: 5000,
  /**
   * Satellites times the nodes that they may pass over, and satellites that may point at each other: a horizon of either
   * takes a few seconds of a whole processor, which the smallest function that answers has a third of.
   */
  satellitesTimesStations: 15_000,
  satellitePairs: 2000,
  /** Satellites of which each may point at each other: 1,770 pairs. */
  meshedSatellites: 60,
  /** Nodes of a plan. */
  planNodes: 5000,
  planContacts: 200_000,
} as const;
