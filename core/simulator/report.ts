/** What came of a simulation. */
import type { CustodyTotals } from '../custody/transfer.ts';
import type { Channel } from '../node/node.ts';
import type { Precedence } from '../satellite/precedence.ts';

export interface PrecedenceReport {
  precedence: Precedence;
  offered: number;
  delivered: number;
  expired: number;
  /** Neither at the end. */
  underWay: number;
  /** Of those that were delivered; absent where none was. */
  meanDelayMs?: number;
  p95DelayMs?: number;
}

export interface LinkReport {
  from: string;
  to: string;
  channel: Channel;
  /** Frames of all kinds, probes too. */
  sentBytes: number;
  lostBytes: number;
  /** Of what it could have carried while it was up, 0 to 1. */
  usedShare: number;
}

export interface NodeReport {
  id: string;
  failovers: number;
  custody: CustodyTotals;
}

export interface SimulationReport {
  name: string;
  seed: number;
  forMs: number;
  /** Delivered more than once. */
  repeated: number;
  precedences: PrecedenceReport[];
  links: LinkReport[];
  nodes: NodeReport[];
}

/** The least value that a share of them does not exceed: nearest rank. Undefined of none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
