import type { JsonObject, JsonValue } from '../json.ts';
import { sideBySide } from '../side-by-side.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import { outputTemplate } from './expressions.ts';
import { unpack } from './payload.ts';
import type { Plan } from './plans.ts';
import { scopeOf } from './scope.ts';

export interface OutputSources {
  store: Pick<ExecutionStore, 'task' | 'tasks'>;
  payloads: PayloadStore;
  clock: Clock;
}

/**
 * The output of an execution whose tasks have all ended: what its definition's `output` says, else what its last tasks gave,
 * by task id where there are several. Errors: `ExpressionError`.
 */
export async function executionOutput(
  sources: OutputSources,
  { program, execution }: Plan,
): Promise<JsonValue> {
  const template = outputTemplate(program);
  if (!template) return lastOutputs(sources, { program, execution });
  const readable = () => program.graph.tasks.map((_, index) => index);
  const scope = await scopeOf(sources, program, execution, template.names, readable);
  if (template.names.includes('outputs') && !('outputs' in scope))
    scope.outputs = await everyOutput(sources, execution.id);
  return template.render(scope, undefined, { now: () => sources.clock.now() });
}

async function lastOutputs(
  { store, payloads }: OutputSources,
  { program, execution }: Plan,
): Promise<JsonValue> {
  const sinks = program.graph.tasks.filter((_, index) => program.graph.isSink(index));
  const outputs: JsonObject = {};
  const found = new Map<string, JsonValue>();
  await sideBySide(sinks, async ({ id }) => {
    const task = await store.task({ executionId: execution.id, taskId: id });
    if (task?.status === 'SUCCEEDED') found.set(id, await unpack(task, payloads));
  });
  for (const { id } of sinks) if (found.has(id)) outputs[id] = found.get(id)!;
  return sinks.length === 1 ? (outputs[sinks[0]!.id] ?? null) : outputs;
}

async function everyOutput({ store, payloads }: OutputSources, executionId: string): Promise<JsonValue[]> {
  const tasks = await store.tasks(executionId);
  return Promise.all(
    tasks.map(async (task) => (task.status === 'SUCCEEDED' ? unpack(task, payloads) : null)),
  );
}
