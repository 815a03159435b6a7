import { InvalidInput, StoreUnavailable } from '../../core/errors.ts';
import type { Answer } from '../../core/execution/answer.ts';
import { type Child, childId, childOf } from '../../core/execution/child.ts';
import { childResult } from '../../core/execution/child-result.ts';
import { EXECUTION_ENDS, type Execution, type Task } from '../../core/execution/execution.ts';
import { permanent } from '../../core/execution/outcome.ts';
import type { Plan, Plans } from '../../core/execution/plans.ts';
import type { PrepareSources } from '../../core/execution/prepare.ts';
import { signalName, signalResult } from '../../core/execution/signal.ts';
import { type ClaimRef, machineName } from '../../core/execution/steps.ts';
import { hashJson } from '../../core/hash.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Dispatcher, TaskTokens } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore, NewExecution } from '../../core/ports/execution-store.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import { resolveVariables } from '../../core/workflow/variables.ts';

export interface ParkInput {
  ref: ClaimRef;
  token: string;
}

export interface ParkPorts extends PrepareSources {
  store: Pick<ExecutionStore, 'get' | 'task' | 'changeTask' | 'signal' | 'create'>;
  workflows: Pick<WorkflowStore, 'getVersion' | 'putDefinition'>;
  plans: Plans;
  tokens: TaskTokens;
  answer: Answer;
  dispatcher: Dispatcher;
  /** Runs a child that failed again from where it failed. */
  redrive: (id: string) => Promise<unknown>;
}

/** State `Park`: keeps the state's token for whoever will answer it, a signal or a child execution, and starts the child. */
export function createPark(ports: ParkPorts) {
  const { store, plans, tokens, answer, dispatcher, workflows, redrive, clock } = ports;

  return async ({ ref, token }: ParkInput): Promise<void> => {
    const plan = await plans.of(ref.executionId, ref.run);
    const record = plan && (await store.task(ref));
    if (!record || record.status !== 'WAITING' || record.attempt !== ref.attempt) return gone(token);
    try {
      if (record.type === 'signal' || record.type === 'approval') await awaitSignal(plan, record, token);
      else await awaitChild(plan, record, token);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      await answer({ ...record, token }, ref.run, { ok: false, failure: permanent(error) });
    }
  };

  async function awaitSignal(plan: Plan, record: Task, token: string): Promise<void> {
    if (!(await keep(record, { token }))) return gone(token);
    const task = plan.program.graph.tasks[record.index]!;
    const signal = await store.signal(record.executionId, signalName(task, task.input));
    if (!signal) return;
    const result = signalResult(record.type, signal);
    // A redrive asks again whoever said no before it; its executions count as started when it was asked for.
    const { run, startedMs = 0 } = (await store.get(record.executionId))!;
    if (result.ok || run === 1 || signal.atMs >= startedMs) await answer({ ...record, token }, run, result);
  }

  async function awaitChild(plan: Plan, record: Task, token: string): Promise<void> {
    const child = await startable(
      plan,
      record,
      await childOf(ports, plan, plan.program.graph.tasks[record.index]!),
    );
    if (!(await keep(record, { token, childId: child.id }))) return gone(token);
    const { created, execution } = await store.create(child, [
      { atMs: child.submittedMs, type: 'execution.submitted' },
    ]);
    if (created || !EXECUTION_ENDS.includes(execution.status)) {
      const { id, run } = execution;
      return dispatcher.start('workflow', machineName(id, run), { executionId: id, run });
    }
    if (execution.status === 'SUCCEEDED')
      return answer({ ...record, token }, plan.execution.run, childResult(execution));
    await redrive(execution.id);
  }

  async function startable(plan: Plan, record: Task, child: Child): Promise<NewExecution> {
    const nowMs = clock.now();
    const { id, priority } = plan.execution;
    const { executionId, taskId, attempt } = record;
    const common = {
      kind: 'child' as const,
      priority,
      parent: { executionId, taskId, attempt },
      after: [],
      submittedMs: nowMs,
    };
    if (child.kind === 'inline') {
      const hash = hashJson(child.definition as unknown as JsonValue);
      await workflows.putDefinition(child.definition, hash, nowMs);
      return {
        ...common,
        ...named(plan.execution, taskId, hash, child.variables),
        workflow: child.definition.name,
        version: 0,
      };
    }
    const stored = await workflows.getVersion(child.workflow, child.version);
    if (!stored) {
      const which =
        child.version === undefined ? child.workflow : `${child.workflow} version ${child.version}`;
      throw new InvalidInput(
        `task ${taskId} of ${id} wants workflow ${which}, which is not stored`,
        'Submit it, then redrive.',
      );
    }
    const variables = resolveVariables(stored.definition, child.variables);
    return {
      ...common,
      ...named(plan.execution, taskId, stored.hash, variables),
      workflow: stored.name,
      version: stored.version,
    };
  }

  async function keep(
    { executionId, taskId, attempt }: Task,
    set: { token: string; childId?: string },
  ): Promise<boolean> {
    const expect = {
      statuses: ['WAITING'] as const,
      attempt,
      executionStatuses: ['RUNNING', 'PAUSED'] as const,
    };
    const { applied } = await store.changeTask({
      executionId,
      taskId,
      expect,
      set,
      atMs: clock.now(),
      durability: 'ordered',
    });
    return applied;
  }

  /** The task has moved on. */
  function gone(token: string): Promise<void> {
    return tokens.succeed(token, {});
  }
}

function named(parent: Pick<Execution, 'id'>, taskId: string, definitionHash: string, variables: JsonObject) {
  const requestHash = hashJson([definitionHash, variables]);
  return { id: childId(parent, taskId, definitionHash, variables), definitionHash, variables, requestHash };
}
