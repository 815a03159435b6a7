import { EXECUTION_ENDS, type Execution } from '../../core/execution/execution.ts';
import { awaitSeconds, type Patience } from '../../core/execution/patience.ts';
import type { Repair } from '../../core/execution/repair.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';

export interface MendInput {
  executionId: string;
  run: number;
  /** Why Await came to an end without an answer. */
  failure: { Error: string; Cause?: string };
}

export type MendStep =
  | { action: 'await'; timeoutSeconds: number }
  | { action: 'settle'; executionId: string; run: number; failure?: MendInput['failure'] };

export interface MendPorts {
  store: Pick<ExecutionStore, 'get' | 'allEnded'>;
  repair: Repair;
  clock: Clock;
  patience: Patience;
}

/** State `Mend`: lets an execution whose time is up fail, and otherwise takes up tasks that a crash left to nobody. */
export function createMend({ store, repair, clock, patience }: MendPorts) {
  return async ({ executionId, run, failure }: MendInput): Promise<MendStep> => {
    const settle = { action: 'settle', executionId, run } as const;
    const execution = await store.get(executionId);
    if (!execution || execution.run !== run || EXECUTION_ENDS.includes(execution.status)) return settle;
    if (await store.allEnded(executionId)) return settle;
    if (failure.Error !== 'States.Timeout' || isOver(execution, clock.now())) return { ...settle, failure };
    const { open, rest } = await repair(execution);
    if (open === 0) return settle;
    return { action: 'await', timeoutSeconds: awaitSeconds(execution, clock.now(), patience, rest) };
  };
}

const isOver = ({ deadlineMs = Infinity }: Execution, nowMs: number): boolean => nowMs >= deadlineMs;
