/** What the screen of `holdfast demo --denied` shows, as whoever runs the demonstration tells it. */
import type { QueueState } from '../../core/custody/queues.ts';
import type { CustodyTotals } from '../../core/custody/transfer.ts';
import type { Channel, Condition, NodeKind } from '../../core/node/node.ts';
import type { Precedence } from '../../core/satellite/precedence.ts';

export interface DeniedNode {
  id: string;
  kind: NodeKind;
  capabilities: readonly string[];
  /** Absent where nothing is measured: of this host itself, and of satellites. */
  condition?: Condition;
  why?: string;
  totals: CustodyTotals;
}

/** Over which channel a node reaches a neighbour. */
export interface DeniedWay {
  from: string;
  to: string;
  precedences: readonly Precedence[];
  /** Absent: none works. */
  channel?: Channel;
  /** Why it is that one since then. */
  reason: string;
  sinceMs: number;
}

export interface DeniedTask {
  id: string;
  state: 'pending' | 'running' | 'waiting' | 'succeeded' | 'failed';
  precedence?: Precedence;
  node?: string;
  reason?: string;
  sinceMs?: number;
}

export interface DeniedContact {
  from: string;
  to: string;
  startMs: number;
  endMs: number;
}

export interface DeniedTraffic {
  from: string;
  to: string;
  channel: Channel;
  /** Frames that carry bundles, and what else is said between neighbours. */
  bundleFrames: number;
  bundleBytes: number;
  lostFrames: number;
}

export interface DeniedState {
  startMs: number;
  atMs: number;
  factor: number;
  /** Links that are jammed now. */
  jammed: readonly { from: string; to: string; channel: Channel }[];
  nodes: readonly DeniedNode[];
  ways: readonly DeniedWay[];
  /** Of each node. */
  queues: readonly (QueueState & { node: string })[];
  /** On now or still to come, by start. */
  contacts: readonly DeniedContact[];
  tasks: readonly DeniedTask[];
  traffic: readonly DeniedTraffic[];
  failovers: number;
}

export interface DeniedRun {
  state(): Promise<DeniedState>;
  /** What happened, one line each with its time. */
  onNews(listener: (atMs: number, text: string) => void): void;
  /** Resolves when the workflow has ended: whether it succeeded, and what came out. */
  done: Promise<{ isSuccess: boolean; output: unknown; errors: readonly string[] }>;
  close(): Promise<void>;
}
