import type { Transmission } from '../contact-plan/bookings.ts';
import { toleranceMs } from './arrivals.ts';

/** One contact of a route: what the bundle takes up of it, and between whom. */
export interface Hop extends Transmission {
  from: string;
  to: string;
  /** The last bit is there. */
  arriveMs: number;
  /** The contact ends. */
  endMs: number;
}

export interface Route {
  arrivalMs: number;
  /** In the order of travel; none where source and destination are the same. */
  hops: Hop[];
  /** When the first of its contacts to end ends; Infinity without contacts. */
  expiresMs: number;
}

/** Source first, destination last. */
export const nodesOf = ({ hops }: Route, source: string): string[] => [source, ...hops.map((hop) => hop.to)];

/** Below 0 where `a` is better: earlier, over fewer hops, expiring later. */
export const compareRoutes = (a: Route, b: Route): number =>
  Math.abs(a.arrivalMs - b.arrivalMs) > toleranceMs(a.arrivalMs)
    ? a.arrivalMs - b.arrivalMs
    : a.hops.length - b.hops.length || (a.expiresMs === b.expiresMs ? 0 : b.expiresMs - a.expiresMs);
