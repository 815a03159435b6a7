/** Which node runs a task, and why. */
import type { Placement } from '../workflow/definition.ts';

/** What a task asks of the node that runs it, with values for its expressions. */
export interface PlacementRequest {
  placement: Placement;
  /** Of the handler that it needs; absent for work that any node can run. */
  taskType?: string;
  /** Of what is sent for it. */
  sizeBytes: number;
  /** How long its answer is waited for. */
  lifetimeMs: number;
  /** Nodes that it failed on, which it goes to only where there are no others. */
  avoid: readonly string[];
}

export type Placed =
  /** This host runs it. */
  | { kind: 'here'; node: string; reason: string }
  /** `path` are the nodes on the way, this host and that node among them; it is there by `arrivalMs`, as planned. */
  | { kind: 'node'; node: string; reason: string; path: string[]; arrivalMs: number }
  /** Nobody can, for these reasons; asked again when the network changes, somebody may. */
  | { kind: 'none'; reason: string };

/** Errors: `StoreUnavailable`. */
export interface Placer {
  place(request: PlacementRequest): Promise<Placed>;
}

/** A node that may run the task. */
export interface Candidate {
  id: string;
  /** When its answer is expected; epoch milliseconds. */
  answerMs: number;
  /** Absent for this host. */
  way?: { path: string[]; arrivalMs: number };
  /** Tasks that it runs, and may run, as far as it said. */
  running?: number;
  concurrency?: number;
}

/** A node that may not, and why: `lacks camera`. */
export interface Refused {
  id: string;
  why: string;
}
