import type { SignalRequest } from '../../core/api/operations.ts';
import { Conflict } from '../../core/errors.ts';
import { type Answer, waitOf } from '../../core/execution/answer.ts';
import { EXECUTION_ENDS, noExecution } from '../../core/execution/execution.ts';
import type { Plans } from '../../core/execution/plans.ts';
import { isSignalled, signalName, signalResult } from '../../core/execution/signal.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ExecutionStore, Signal } from '../../core/ports/execution-store.ts';
import type { Ids } from '../../core/ports/ids.ts';

export interface SignalPorts {
  store: Pick<ExecutionStore, 'get' | 'tasks' | 'putSignal'>;
  plans: Plans;
  answer: Answer;
  ids: Ids;
  clock: Clock;
}

/**
 * Keeps a signal for the task that waits for it, or will. The same id is taken once. Errors: `NotFound`, `Conflict` when the
 * execution has ended.
 */
export function createSignal({ store, plans, answer, ids, clock }: SignalPorts) {
  return async (
    executionId: string,
    { name, id, payload }: SignalRequest,
  ): Promise<{ accepted: boolean }> => {
    const execution = await store.get(executionId);
    if (!execution) throw noExecution(executionId);
    if (EXECUTION_ENDS.includes(execution.status)) {
      throw new Conflict(
        `execution ${executionId} has ended ${execution.status}`,
        'Signal executions that run.',
      );
    }
    const atMs = clock.now();
    const signal: Signal = { id: id ?? ids.next('sig'), name, payload: payload ?? null, atMs };
    const event = { atMs, type: 'signal.received' as const, data: { name, payload: signal.payload } };
    const accepted = await store.putSignal(executionId, signal, event);
    // Of a repeat too: what the first time was cut short of is done now.
    const plan = await plans.of(executionId, execution.run);
    if (plan) {
      for (const task of await store.tasks(executionId, ['WAITING'])) {
        if (!isSignalled(task)) continue;
        const definition = plan.program.graph.tasks[task.index]!;
        // One that is due waits for another try: the signal is kept for that.
        if (task.dueMs === undefined && signalName(definition, definition.input) === name) {
          await answer(waitOf(task, execution.run), signalResult(task.type, signal));
        }
      }
    }
    return { accepted };
  };
}
