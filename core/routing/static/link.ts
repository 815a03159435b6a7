/**
 * Networks whose links have no windows: a link is usable whenever it is up, at a cost that doesn't depend on
 * time.
 */

export interface StaticLink {
  /** Ids of nodes. */
  from: string;
  to: string;
  /** 0 to 1e12, in a unit of the caller's choice (ms of delay, km, 1 a hop). Costs of a route add up. */
  cost: number;
  /** Names the link where it is to fail, degrade or be left out. Two links with one id are refused. */
  id?: string;
  /** Usable in both directions at the same cost; it fails, degrades and is left out as one. @default false */
  isBothWays?: boolean;
  /** What it fails together with: a duct, a power supply, a satellite. */
  riskGroups?: readonly string[];
}

/** A route without a loop. Among routes of equal cost it is one of the fewest hops. */
export interface StaticRoute {
  /** Of its links, as they are now (degraded, changed), added up in the order of the route. */
  cost: number;
  /** From the first to the last; one more than links. */
  nodes: string[];
  /** Places of its links in the list that the network was compiled from. */
  links: number[];
}

/** What a query must do without, besides what is down. */
export interface Exclusion {
  nodes?: readonly string[];
  links?: readonly LinkRef[];
  riskGroups?: readonly string[];
}

/** A link by its id, or by its place in the list that the network was compiled from. */
export type LinkRef = string | number;
