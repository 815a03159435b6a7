import { StoreUnavailable } from '../../core/errors.ts';
import type { Answer } from '../../core/execution/answer.ts';
import { type Child, childId, childOf } from '../../core/execution/child.ts';
import type { OtherNodes } from '../../core/execution/cancel.ts';
import { childResult } from '../../core/execution/child-result.ts';
import { EXECUTION_ENDS, type Execution, type Task } from '../../core/execution/execution.ts';
import { LIVE } from '../../core/execution/finish.ts';
import { permanent } from '../../core/execution/outcome.ts';
import type { Plan, Plans } from '../../core/execution/plans.ts';
import type { PrepareSources } from '../../core/execution/prepare.ts';
import { isSignalled, signalName, signalResult } from '../../core/execution/signal.ts';
import { type ClaimRef, END, machineName, type Step, type TaskResult } from '../../core/execution/steps.ts';
import { notStored, workOf } from '../../core/execution/work.ts';
import { workId } from '../../core/execution/work-id.ts';
import { hashJson } from '../../core/hash.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore, NewExecution } from '../../core/ports/execution-store.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import { resolveVariables } from '../../core/workflow/variables.ts';

export interface ParkInput {
  ref: ClaimRef;
  /** The task's time limit (ISO 8601), where its machine lives long enough to wait for that. */
  timestamp?: string;
}

export interface ParkPorts extends PrepareSources {
  store: Pick<ExecutionStore, 'get' | 'task' | 'changeTask' | 'signal' | 'create'>;
  workflows: Pick<WorkflowStore, 'getVersion' | 'putDefinition'>;
  plans: Plans;
  answer: Answer;
  dispatcher: Dispatcher;
  /** Runs a child that failed again from where it failed. */
  redrive: (id: string) => Promise<unknown>;
  /** Where the work of tasks on other nodes goes; absent on a host that sends none. */
  others?: OtherNodes;
}

/**
 * State `Park`: starts the child execution that a task waits for, hands its work to another node, or looks for the signal. Nothing is
 * left behind to wait: who sends the signal, the child's end, and the node's answer, end the task's wait. It may be asked again at any time.
 */
export function createPark(ports: ParkPorts) {
  const { store, plans, answer, dispatcher, workflows, redrive, clock, others } = ports;

  return async ({ ref, timestamp }: ParkInput): Promise<Step> => {
    const plan = await plans.of(ref.executionId, ref.run);
    const record = plan && (await store.task(ref));
    if (!record || record.attempt !== ref.attempt) return END;
    const isOpen = record.status === 'WAITING' && record.dueMs === undefined;
    const result = isOpen ? await look(plan, record).catch(refusal) : given(record);
    if (result) return answer(ref, result);
    if (!isOpen || timestamp === undefined) return END;
    const { attempt: _, ...next } = ref;
    return { action: 'until', timestamp, ref: next };
  };

  async function look(plan: Plan, record: Task): Promise<TaskResult | undefined> {
    if (record.nodeId !== undefined) return handOver(plan, record, record.nodeId);
    return isSignalled(record) ? signalled(plan, record) : ended(plan, record);
  }

  /** The same however often it is asked: work of one id is done once. */
  async function handOver(plan: Plan, record: Task, node: string): Promise<undefined> {
    const { here, work: remote } = others!;
    const id = record.childId ?? workId(here, record);
    const work = await workOf(ports, plan, record, id);
    await remote.start(node, work);
    if (await keep(record, id)) return undefined;
    // Whoever cancelled it meanwhile may have told the node before there was anything to cancel.
    const now = await store.task(record);
    if (now?.status === 'CANCELLED' || now?.attempt !== record.attempt) await remote.cancel(node, id);
    return undefined;
  }

  /** What came before the task began to wait. */
  async function signalled(plan: Plan, record: Task): Promise<TaskResult | undefined> {
    const task = plan.program.graph.tasks[record.index]!;
    const signal = await store.signal(record.executionId, signalName(task, task.input));
    if (!signal) return undefined;
    const result = signalResult(record.type, signal);
    // A redrive asks again whoever said no before it; its executions count as started when it was asked for.
    const { run, startedMs = 0 } = (await store.get(record.executionId))!;
    return result.ok || run === 1 || signal.atMs >= startedMs ? result : undefined;
  }

  /** Of the child that the task had before, or has had all along. */
  async function ended(plan: Plan, record: Task): Promise<TaskResult | undefined> {
    const child = await startable(
      plan,
      record,
      await childOf(ports, plan, plan.program.graph.tasks[record.index]!),
    );
    if (!(await keep(record, child.id))) return undefined;
    const { created, execution } = await store.create(child, [
      { atMs: child.submittedMs, type: 'execution.submitted' },
    ]);
    const { id, run, status, endedMs = 0 } = execution;
    if (created || !EXECUTION_ENDS.includes(status))
      await dispatcher.start('workflow', machineName(id, run), { executionId: id, run });
    else if (status === 'SUCCEEDED' || endedMs > record.startedMs!) return childResult(execution);
    // It failed in an earlier attempt.
    else await redrive(id);
    return undefined;
  }

  async function startable(plan: Plan, record: Task, child: Child): Promise<NewExecution> {
    const nowMs = clock.now();
    const { priority } = plan.execution;
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
    if (!stored) throw notStored(plan, taskId, child);
    const variables = resolveVariables(stored.definition, child.variables);
    return {
      ...common,
      ...named(plan.execution, taskId, stored.hash, variables),
      workflow: stored.name,
      version: stored.version,
    };
  }

  /** Whoever cancels the task finds its child. */
  async function keep({ executionId, taskId, attempt }: Task, id: string): Promise<boolean> {
    const { applied } = await store.changeTask({
      executionId,
      taskId,
      expect: { statuses: ['WAITING'], attempt, executionStatuses: LIVE },
      set: { childId: id },
      atMs: clock.now(),
      durability: 'ordered',
    });
    return applied;
  }
}

/** Of a wait that was answered already: what the machine does next may have been lost with the answer to it. */
function given({ status, attempt, output, outputRef, failure }: Task): TaskResult | undefined {
  if (status === 'SUCCEEDED') return { ok: true, output, outputRef };
  if (failure?.attempt !== attempt) return undefined;
  return { ok: false, failure: { error: failure.error, cause: failure.cause, retryable: false } };
}

function refusal(error: unknown): TaskResult {
  if (error instanceof StoreUnavailable) throw error;
  return { ok: false, failure: permanent(error) };
}

function named(parent: Pick<Execution, 'id'>, taskId: string, definitionHash: string, variables: JsonObject) {
  const requestHash = hashJson([definitionHash, variables]);
  return { id: childId(parent, taskId, definitionHash, variables), definitionHash, variables, requestHash };
}
