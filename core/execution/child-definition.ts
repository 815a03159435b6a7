/** The definitions of the children that `parallel` and `map` tasks run. */
import { InvalidInput } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import {
  DEFAULTS,
  DEFINITION_LIMITS,
  type TaskDefinition,
  type WorkflowDefinition,
} from '../workflow/definition.ts';
import type { Plan } from './plans.ts';

/** Tasks that one `map` may make. */
export const MAP_ITEMS_MAX = 10_000;

/** Its tasks are complete already: they were checked with the definition that they are written in. */
function childDefinition(
  { execution }: Plan,
  { id }: TaskDefinition,
  own: Pick<WorkflowDefinition, 'tasks' | 'output' | 'maxConcurrency'> & { toleratedFailures?: number },
): WorkflowDefinition {
  const { priority, strategy, toleratedFailures } = DEFAULTS;
  const name = `${execution.workflow}.${id}`.slice(0, DEFINITION_LIMITS.nameCharacters);
  return { name, metadata: {}, priority, strategy, toleratedFailures, variables: [], ...own };
}

export function parallelOf(plan: Plan, task: TaskDefinition): WorkflowDefinition {
  const { tasks } = task.input as unknown as { tasks: TaskDefinition[] };
  const output = Object.fromEntries(tasks.map(({ id }) => [id, `\${tasks.\`${id}\`.output}`]));
  return childDefinition(plan, task, { tasks, output });
}

/** An empty map still ends by itself: one task that does nothing stands for it. */
const NOTHING: TaskDefinition = {
  id: 'nothing',
  type: 'condition',
  input: {},
  dependsOn: [],
  triggeredBy: [],
  alwaysRun: false,
  condition: 'true',
  retry: { ...DEFAULTS.retry },
  critical: true,
};

export function mapOf(plan: Plan, task: TaskDefinition, input: JsonObject): WorkflowDefinition {
  const { items } = input;
  if (!Array.isArray(items))
    throw new InvalidInput(
      `input.items of ${task.id} is ${JSON.stringify(items)?.slice(0, 200)}`,
      'Give a list, or an expression that gives one.',
    );
  if (items.length > MAP_ITEMS_MAX)
    throw new InvalidInput(
      `input.items of ${task.id} has ${items.length} items; the limit is ${MAP_ITEMS_MAX}`,
      'Map over batches.',
    );
  const { maxConcurrency, toleratedFailures } = input as { [limit: string]: number | undefined };
  const { task: template, aggregate } = task.input as unknown as { task: TaskDefinition; aggregate?: string };
  const tasks = items.map((item, index) => ({
    ...template,
    id: numberedId(template.id, index),
    bindings: { ...task.bindings, item, index },
  }));
  const output = items.length === 0 ? [] : aggregate === undefined ? '${outputs}' : wrapped(aggregate);
  return childDefinition(plan, task, {
    tasks: tasks.length > 0 ? tasks : [NOTHING],
    output,
    ...(maxConcurrency ? { maxConcurrency } : {}),
    ...(toleratedFailures ? { toleratedFailures } : {}),
  });
}

function numberedId(id: string, index: number): string {
  const numbered = `${id}-${index}`;
  if (numbered.length <= DEFINITION_LIMITS.nameCharacters) return numbered;
  throw new InvalidInput(
    `the id "${id}" leaves no room for the number of an item: "${numbered}" has ${numbered.length} characters, and the limit is ${DEFINITION_LIMITS.nameCharacters}`,
    'Give the task of the map a shorter id.',
  );
}

/** An aggregate is an expression, with or without `${}` round it. */
export const wrapped = (expression: string): string =>
  expression.trim().startsWith('${') ? expression : `\${${expression}}`;
