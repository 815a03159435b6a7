import type { HoldfastEvent } from '../event/event.ts';
import type { Execution, Task } from '../execution/execution.ts';
import { NotFound } from '../errors.ts';
import { noExecution } from '../execution/execution.ts';
import type { ExecutionReader } from '../ports/execution-store.ts';
import type { WorkflowStore } from '../ports/workflow-store.ts';
import { DEFINITION_LIMITS, type WorkflowDefinition } from '../workflow/definition.ts';

/** All that is kept of an execution. */
export interface History {
  execution: Execution;
  definition: WorkflowDefinition;
  /** In the order of the definition. */
  tasks: Task[];
  events: HoldfastEvent[];
  /** The executions that its tasks waited for. */
  children: History[];
}

export interface HistorySources {
  reader: Pick<ExecutionReader, 'get' | 'tasks' | 'events'>;
  workflows: Pick<WorkflowStore, 'getDefinition'>;
}

const PAGE = 1000;

/** Reads an execution with its children. Errors: `NotFound`. */
export async function readHistory(sources: HistorySources, id: string): Promise<History> {
  const { reader, workflows } = sources;
  const execution = await reader.get(id);
  if (!execution) throw noExecution(id);
  const definition = await workflows.getDefinition(execution.definitionHash);
  if (!definition)
    throw new NotFound(
      `The definition of execution ${id} is no longer stored.`,
      'Submit the workflow again: the same content gets the same place.',
    );
  // A store may have to read all of them for any.
  const tasks = await reader.tasks(id, { limit: DEFINITION_LIMITS.tasks });
  const events = await everyEvent(reader, id);
  const children: History[] = [];
  for (const { childId } of tasks)
    if (childId !== undefined && (await reader.get(childId)))
      children.push(await readHistory(sources, childId));
  return { execution, definition, tasks, events, children };
}

async function everyEvent(reader: HistorySources['reader'], id: string): Promise<HoldfastEvent[]> {
  const events: HoldfastEvent[] = [];
  for (;;) {
    const page = await reader.events(id, { afterSeq: events.at(-1)?.seq, limit: PAGE });
    events.push(...page);
    if (page.length < PAGE) return events;
  }
}
