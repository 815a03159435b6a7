import { hashJson } from '../../core/hash.ts';
import type { Canceller } from '../../core/execution/cancel.ts';
import { EXECUTION_ENDS, type Execution, type Origin } from '../../core/execution/execution.ts';
import { machineName } from '../../core/execution/steps.ts';
import { Conflict } from '../../core/errors.ts';
import type { AttemptFailure } from '../../core/healing/heal.ts';
import type { JsonValue } from '../../core/json.ts';
import { answerOrigin } from '../../core/execution/work-result.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore, NewExecution } from '../../core/ports/execution-store.ts';
import type { RemoteWork, Work } from '../../core/ports/remote-work.ts';
import type { TaskTypes } from '../../core/ports/task-types.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import { checkDefinition } from '../../core/workflow/check-later.ts';

export interface WorkPorts {
  store: Pick<ExecutionStore, 'create' | 'get' | 'change'>;
  workflows: Pick<WorkflowStore, 'putDefinition'>;
  dispatcher: Dispatcher;
  cancel: Canceller;
  types: Pick<TaskTypes, 'find'>;
  /** Where the work comes from and its answers go. */
  others: { here: string; work: Pick<RemoteWork, 'answer'> };
  clock: Clock;
}

/** Runs what other nodes place here; `from` is the node that asks. Each may be asked twice, and in either order. */
export interface Worker {
  /**
   * Starts an execution of the work's own id, whose end is told to `from`. Durable. What can't run here is answered at once.
   * Errors: `Conflict` for the id of another's work.
   */
  start(from: string, work: Work): Promise<void>;
  /** Ends it as CANCELLED, also when it is still to come. Errors: `Conflict` for the id of another's work. */
  cancel(from: string, id: string): Promise<void>;
}

export function createWork({
  store,
  workflows,
  dispatcher,
  cancel,
  types,
  others,
  clock,
}: WorkPorts): Worker {
  return {
    async start(from, work) {
      const origin: Origin = {
        node: from,
        ...work.parent,
        precedence: work.precedence,
        untilMs: work.untilMs,
      };
      const failure = (await invalid(work)) ?? (await unoffered(work));
      if (failure !== undefined)
        return answerOrigin(
          others.work,
          origin,
          { id: work.id, result: { ok: false, failure } },
          work.sinceMs,
        );
      const hash = hashJson(work.definition as unknown as JsonValue);
      const submittedMs = clock.now();
      await workflows.putDefinition(work.definition, hash, submittedMs);
      const { execution } = await create({ ...facts(work), definitionHash: hash, origin, submittedMs });
      // One that was made before may still lack its machine, or have ended without its answer on the way.
      const { id, run, status, answered } = execution;
      if (status === 'QUEUED' || (EXECUTION_ENDS.includes(status) && !answered))
        await dispatcher.start('workflow', machineName(id, run), { executionId: id, run });
    },
    async cancel(from, id) {
      const known = await store.get(id);
      if (known) checkOrigin(known, from);
      else await neverStart(from, id);
      await cancel(id, `${from} cancelled it`);
      // Who cancels waits for no answer.
      const expect = { statuses: EXECUTION_ENDS };
      await store.change({ id, expect, set: { answered: true }, atMs: clock.now(), durability: 'durable' });
    },
  };

  async function create(execution: NewExecution): Promise<{ execution: Execution }> {
    const atMs = execution.submittedMs;
    const made = await store.create(execution, [{ atMs, type: 'execution.submitted' }]);
    checkOrigin(made.execution, execution.origin!.node);
    return made;
  }

  /** What is cancelled before it came is kept as cancelled under its id: it finds that when it comes. */
  async function neverStart(from: string, id: string): Promise<void> {
    const submittedMs = clock.now();
    const origin = {
      node: from,
      executionId: '',
      taskId: '',
      attempt: 0,
      run: 0,
      precedence: 'routine',
    } as const;
    const nothing = {
      workflow: 'cancelled',
      version: 0,
      definitionHash: '',
      priority: 0,
      variables: {},
      after: [],
    };
    await create({
      ...nothing,
      id,
      kind: 'task',
      origin: { ...origin, untilMs: 0 },
      requestHash: '',
      submittedMs,
    });
  }

  async function invalid({ definition }: Work): Promise<AttemptFailure | undefined> {
    const refusal = await checkDefinition(definition);
    return refusal && { error: refusal.name, cause: refusal.message, retryable: false };
  }

  /** A task that would be parked here before it began may be offered elsewhere. */
  async function unoffered({ id, kind, definition }: Work): Promise<AttemptFailure | undefined> {
    const { type } = definition.tasks[0]!;
    const isParked = kind === 'task' && (await types.find(type)) === undefined;
    if (!isParked || (await store.get(id)) !== undefined) return undefined;
    const cause = `${others.here} does not offer the type "${type}" any more`;
    return { error: 'TaskTypeNotOffered', cause, retryable: true };
  }
}

const facts = ({ id, kind, definition, variables, priority, parent }: Work) => ({
  id,
  kind,
  workflow: definition.name,
  version: 0,
  priority,
  variables,
  after: [],
  requestHash: hashJson([parent.executionId, parent.taskId, parent.attempt]),
});

function checkOrigin({ id, origin }: Execution, from: string): void {
  if (origin?.node === from) return;
  throw new Conflict(
    `${from} names the execution ${id}, which is not its own`,
    'Give each node an id that no other has.',
  );
}
