import type { RedriveRequest } from '../../core/api/operations.ts';
import { replan } from '../../core/dag/plan.ts';
import { Conflict, InvalidInput } from '../../core/errors.ts';
import { type Execution, noExecution, type Task } from '../../core/execution/execution.ts';
import { pack } from '../../core/execution/payload.ts';
import type { Plans } from '../../core/execution/plans.ts';
import { machineName } from '../../core/execution/steps.ts';
import { hashJson } from '../../core/hash.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import { parseDocument } from '../../core/workflow/parse-later.ts';

export interface RedrivePorts {
  store: Pick<ExecutionStore, 'get' | 'change' | 'tasks'>;
  workflows: Pick<WorkflowStore, 'putDefinition'>;
  plans: Plans;
  payloads: PayloadStore;
  dispatcher: Dispatcher;
  clock: Clock;
}

/**
 * Runs a failed or cancelled execution again from where it stopped: what succeeded stands. The definition may be replaced,
 * tasks passed over, outputs supplied. One that runs already is left alone. Errors: `NotFound`, `Conflict`, `InvalidDefinition`,
 * `InvalidInput`.
 */
export function createRedrive({ store, workflows, plans, payloads, dispatcher, clock }: RedrivePorts) {
  return async (id: string, request: RedriveRequest = {}): Promise<Execution> => {
    const execution = await store.get(id);
    if (!execution) throw noExecution(id);
    const edited = Object.keys(request).length > 0;
    if (execution.status === 'SUCCEEDED' || (edited && !REDRIVABLE.includes(execution.status)))
      throw notRedrivable(execution);
    if (!REDRIVABLE.includes(execution.status)) {
      // Answered when it can't be lost that it runs again: whoever redrove it may still wait for that.
      await store.change({ id, expect: { statuses: [] }, set: {}, atMs: clock.now(), durability: 'durable' });
      // Whoever redrove it may have died before its machine was started.
      if (execution.status === 'QUEUED') await start(execution);
      return execution;
    }

    const definition = await definitionOf(execution, request);
    const definitionHash = hashJson(definition as unknown as JsonValue);
    await workflows.putDefinition(definition, definitionHash, clock.now());
    const { graph } = await plans.program(definitionHash);
    const before = new Map((await store.tasks(id)).map((task) => [task.taskId, task]));
    check(request, before, definition);
    const outputs = new Map(Object.entries(request.outputs ?? {}));
    const seeds = replan(definition, graph, execution.priority, before, {
      skip: new Set(request.skip),
      outputs,
    });
    for (const seed of seeds) {
      if (outputs.has(seed.taskId))
        Object.assign(seed, { output: undefined }, await pack(seed.output ?? null, payloads));
    }
    const run = execution.run + 1;
    const atMs = clock.now();
    const changed = await store.change({
      id,
      expect: { statuses: REDRIVABLE, run: execution.run },
      set: {
        status: 'QUEUED',
        startedMs: atMs,
        run,
        definitionHash,
        errors: [],
        output: undefined,
        outputRef: undefined,
        endedMs: undefined,
        token: undefined,
        admitToken: undefined,
      },
      seeds,
      events: [
        {
          atMs,
          type: 'execution.redriven',
          data: { run, kept: seeds.filter(({ status }) => status === 'SUCCEEDED').length },
        },
      ],
      atMs,
      durability: 'durable',
    });
    if (changed.applied) await start({ id, run });
    return changed.execution ?? execution;
  };

  async function start({ id, run }: Pick<Execution, 'id' | 'run'>): Promise<void> {
    await dispatcher.start('workflow', machineName(id, run), { executionId: id, run });
  }

  async function definitionOf(
    { definitionHash }: Execution,
    { document, format }: RedriveRequest,
  ): Promise<WorkflowDefinition> {
    if (document !== undefined) return parseDocument(document, { format });
    return (await plans.program(definitionHash)).definition;
  }
}

const REDRIVABLE: readonly Execution['status'][] = ['FAILED', 'CANCELLED'];

const notRedrivable = ({ id, status }: Execution) =>
  new Conflict(
    `execution ${id} is ${status}, and only one that FAILED or was CANCELLED is redriven`,
    status === 'SUCCEEDED' ? 'Restart it to run it all again.' : 'Cancel it first.',
  );

function check(
  request: RedriveRequest,
  before: ReadonlyMap<string, Task>,
  definition: WorkflowDefinition,
): void {
  const known = new Set(definition.tasks.map(({ id }) => id));
  const named = [...(request.skip ?? []), ...Object.keys(request.outputs ?? {})];
  const unknown = named.find((taskId) => !known.has(taskId));
  if (unknown !== undefined)
    throw new InvalidInput(
      `there is no task "${unknown}" in ${definition.name}`,
      `Its tasks are ${[...known].slice(0, 50).join(', ')}.`,
    );
  const done = named.find((taskId) => before.get(taskId)?.status === 'SUCCEEDED');
  if (done !== undefined)
    throw new InvalidInput(
      `task "${done}" has succeeded and stands`,
      'Leave it out; restart the execution to run it again.',
    );
  const lost = [...before.values()].find(
    ({ taskId, status }) => status === 'SUCCEEDED' && !known.has(taskId),
  );
  if (lost)
    throw new InvalidInput(
      `the new definition lacks task "${lost.taskId}", which has succeeded`,
      'Keep the ids of tasks that have succeeded.',
    );
}
