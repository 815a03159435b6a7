import type { Claim, Claims } from '../../core/execution/claims.ts';
import type { Execution, Task } from '../../core/execution/execution.ts';
import type { Packed } from '../../core/execution/payload.ts';
import { handlerPools } from '../../core/execution/places.ts';
import type { Plan } from '../../core/execution/plans.ts';
import { END, type RunRef, type Step, taskName, UNLIMITED_SECONDS } from '../../core/execution/steps.ts';
import { createParking } from './parking.ts';
import type { RoutePorts } from './ports.ts';

/** Claims a task for an attempt by whoever offers its type, or parks it in sight when nobody does. */
export function createRun({ types, dispatcher, clock }: RoutePorts, claims: Claims) {
  const park = createParking(claims);
  return async (
    plan: Plan,
    record: Task,
    ref: RunRef,
    { output, outputRef }: Packed,
    before?: Claim['before'],
  ): Promise<Step> => {
    const type = await types.find(record.type);
    if (!type) return park(record, unoffered(record.type));
    const attempt = record.attempt + 1;
    if (type.long && !ref.detached) {
      const name = `${taskName(ref.executionId, ref.taskId)}/${attempt}`;
      await dispatcher.start('long', name, { ...ref, detached: true });
      return END;
    }
    if (!(await claims.acquire(record, attempt, handlerPools(plan, record.type)))) return END;
    const set = {
      status: 'RUNNING',
      attempt,
      startedMs: clock.now(),
      dueMs: undefined,
      reason: undefined,
      unplaced: undefined,
    } as const;
    // Nothing of a task is done before its claim, and all that led to it, is durable.
    const event = { type: 'task.started' } as const;
    if (!(await claims.claim(record, { set, durability: 'durable', event, before }))) return END;
    // A cancel may have come meanwhile, too early to find an attempt to stop.
    if (!(await claims.stillHolds(record, attempt, 'RUNNING'))) return END;

    const { timeoutMs, heartbeatMs } = plan.program.graph.tasks[record.index]!;
    const claimed = { ...ref, attempt };
    const call = {
      ...claimed,
      type: record.type,
      input: output,
      inputRef: outputRef,
      timeoutMs,
      heartbeatMs,
      ...keyOf(plan.execution, ref.taskId),
    };
    // The function keeps the limit to the millisecond; the state's own is for when the function is gone.
    const timeoutSeconds = timeoutMs === undefined ? UNLIMITED_SECONDS : Math.ceil(timeoutMs / 1000) + 1;
    return { action: 'run', functionName: type.functionName, timeoutSeconds, ref: claimed, call };
  };
}

/** Each attempt of a task that is placed elsewhere is an execution there; its effect is one all the same. */
function keyOf(
  { origin, kind }: Pick<Execution, 'origin' | 'kind'>,
  taskId: string,
): { idempotencyKey?: string } {
  if (origin === undefined) return {};
  const placed = `${origin.executionId}/${origin.taskId}`;
  return { idempotencyKey: kind === 'task' ? placed : `${placed}/${taskId}` };
}

const unoffered = (type: string): string =>
  type === 'exec'
    ? 'running processes is off on this host: start it with --allow-exec (HOLDFAST_ALLOW_EXEC=1)'
    : `nobody offers the task type "${type}": add tasks/${type}.ts exporting a handler, and it goes on by itself`;
