import type { WorkflowDefinition } from '../workflow/definition.ts';

export interface WorkflowVersion {
  name: string;
  /** 1, 2, 3 …; 0 for a definition kept by its hash alone. */
  version: number;
  hash: string;
  createdMs: number;
  definition: WorkflowDefinition;
}

export interface WorkflowSummary {
  name: string;
  title?: string;
  latestVersion: number;
  taskCount: number;
  createdMs: number;
}

/** Keeps workflow versions, immutable once stored; what it gives out is shared and must not be changed. */
export interface WorkflowStore {
  /**
   * Stores `definition` as the next version of its name, unless a version of that name with this hash exists, which is
   * then returned with `created: false`. Durable when it resolves. Errors: `Conflict` when `idempotencyKey` came with
   * another definition before.
   */
  putVersion(
    definition: WorkflowDefinition,
    hash: string,
    nowMs: number,
    idempotencyKey?: string,
  ): Promise<{ version: WorkflowVersion; created: boolean }>;
  /** Keeps a definition by its hash alone (children, standalone tasks, edited redrives). Idempotent. */
  putDefinition(definition: WorkflowDefinition, hash: string, nowMs: number): Promise<void>;
  /** The newest version unless one is named. */
  getVersion(name: string, version?: number): Promise<WorkflowVersion | undefined>;
  getDefinition(hash: string): Promise<WorkflowDefinition | undefined>;
  listVersions(name: string): Promise<Omit<WorkflowVersion, 'definition'>[]>;
  /** Names in order, after `afterName`, at most `limit`. */
  list(page: { afterName?: string; limit: number }): Promise<WorkflowSummary[]>;
}
