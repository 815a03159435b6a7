import type { FailoverMemory } from '../failover/failover.ts';
import type { Channel } from '../node/node.ts';

/** A switch from one channel to another, as it is counted. */
export interface Switch {
  kind: 'failover' | 'return';
  from: Channel;
  to: Channel;
}

export interface KeptMemory {
  /** Grows with each change. */
  version: number;
  memory: FailoverMemory;
}

/** Switches to a node from the beginning on. */
export interface SwitchCount extends Switch {
  node: string;
  count: number;
}

/** What is remembered of the channels to each neighbour, for hosts whose processes come and go. Errors of all: `StoreUnavailable`. */
export interface FailoverMemories {
  get(to: string): Promise<KeptMemory | undefined>;
  /**
   * Keeps it in place of `version`, 0 where there is none, and counts the switches that led to it. The version that it has then;
   * undefined where somebody was faster.
   */
  put(
    to: string,
    memory: FailoverMemory,
    switches: readonly Switch[],
    version: number,
  ): Promise<number | undefined>;
}
