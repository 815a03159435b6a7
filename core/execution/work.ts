/** What another node is to run for a task that was placed there. */
import { InvalidInput } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Work } from '../ports/remote-work.ts';
import type { WorkflowStore } from '../ports/workflow-store.ts';
import {
  DEFAULTS,
  DEFINITION_LIMITS,
  isEngineType,
  type TaskDefinition,
  type WorkflowDefinition,
} from '../workflow/definition.ts';
import { resolveVariables } from '../workflow/variables.ts';
import { type Child, childOf } from './child.ts';
import type { Task } from './execution.ts';
import { waitsUntilMs } from './placed.ts';
import type { Plan } from './plans.ts';
import { handlerInput, type PrepareSources } from './prepare.ts';

export interface WorkSources extends PrepareSources {
  workflows: Pick<WorkflowStore, 'getVersion'>;
}

/** Errors: `ExpressionError`, `InvalidInput`. */
export async function workOf(sources: WorkSources, plan: Plan, record: Task, id: string): Promise<Work> {
  const task = plan.program.graph.tasks[record.index]!;
  const { executionId, taskId, attempt } = record;
  const isChild = isEngineType(task.type);
  const what = isChild
    ? await definitionOf(sources, plan, task, await childOf(sources, plan, task))
    : { definition: alone(plan, task), variables: { input: await handlerInput(sources, plan, record) } };
  return {
    id,
    kind: isChild ? 'child' : 'task',
    ...what,
    priority: task.priority ?? plan.execution.priority,
    parent: { executionId, taskId, attempt, run: plan.execution.run },
    precedence: task.placement?.precedence ?? 'routine',
    sinceMs: record.startedMs!,
    untilMs: waitsUntilMs(task, record),
  };
}

/** Its input is a variable, so that the definition is the same for all inputs. It is tried once: attempts are counted here. */
function alone({ execution }: Plan, task: TaskDefinition): WorkflowDefinition {
  const { id, name, description, type, timeoutMs, heartbeatMs } = task;
  const own = { id, name, description, type, timeoutMs, heartbeatMs };
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return {
    name: `${execution.workflow}.${id}`.slice(0, DEFINITION_LIMITS.nameCharacters),
    metadata: {},
    priority: DEFAULTS.priority,
    strategy: DEFAULTS.strategy,
    toleratedFailures: DEFAULTS.toleratedFailures,
    variables: [{ name: 'input', type: 'any', required: false }],
    tasks: [
      {
        ...(given as Pick<TaskDefinition, 'id' | 'type'>),
        input: '${input}',
        dependsOn: [],
        triggeredBy: [],
        alwaysRun: false,
        retry: { ...DEFAULTS.retry },
        critical: true,
      },
    ],
  };
}

async function definitionOf(
  { workflows }: WorkSources,
  plan: Plan,
  { id }: TaskDefinition,
  child: Child,
): Promise<{ definition: WorkflowDefinition; variables: JsonObject }> {
  if (child.kind === 'inline') return { definition: child.definition, variables: child.variables };
  const stored = await workflows.getVersion(child.workflow, child.version);
  if (!stored) throw notStored(plan, id, child);
  const variables = resolveVariables(stored.definition, child.variables);
  return { definition: stored.definition, variables: variables as { [name: string]: JsonValue } };
}

export function notStored(
  { execution }: Plan,
  taskId: string,
  { workflow, version }: Child & { kind: 'workflow' },
): InvalidInput {
  const which = version === undefined ? workflow : `${workflow} version ${version}`;
  return new InvalidInput(
    `task ${taskId} of ${execution.id} wants workflow ${which}, which is not stored`,
    'Submit it, then redrive.',
  );
}
