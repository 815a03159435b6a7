/** When and how a link can carry data. */

/** A window `[startMs, endMs)` in which a link can carry data one way. */
export interface Contact {
  /** Ids of nodes. */
  from: string;
  to: string;
  /** Epoch milliseconds, or milliseconds from a plan's own beginning; fractions are kept. */
  startMs: number;
  endMs: number;
  rateBitsPerSecond: number;
  /** One way, from the last bit sent to the last bit received. */
  delayMs: number;
  /** The link that it belongs to, where there are several between two nodes. */
  linkId?: string;
  /** How likely it is to happen, 0 to 1. @default 1 */
  confidence?: number;
  /**
   * Later rates, by time, all of them within the window; `rateBitsPerSecond` holds up to the first.
   * @default one rate all along
   */
  rateSteps?: readonly RateStep[];
}

export interface RateStep {
  atMs: number;
  /** From `atMs` on; 0 is a pause. */
  rateBitsPerSecond: number;
}
