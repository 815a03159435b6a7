/** A task's placement with values for its expressions, and what follows from it. */
import { InvalidInput } from '../errors.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../json.ts';
import type { PlacementRequest } from '../placement/placement.ts';
import {
  DEFINITION_LIMITS,
  type Placement,
  PLACEMENT_NAMES,
  type TaskDefinition,
} from '../workflow/definition.ts';
import type { Task } from './execution.ts';

const DAY_MS = 24 * 3_600_000;
/** What goes with the input of a task. */
const ENVELOPE_BYTES = 1024;

/** Errors: `InvalidInput` for values that name no nodes or capabilities. */
export function placementOf({ id, placement }: TaskDefinition, rendered: JsonValue): Placement {
  const { nodes, capabilities, sticky } = rendered as { [name: string]: JsonValue };
  const { strategy, precedence, lifetimeMs } = placement!;
  return {
    strategy,
    precedence,
    ...(lifetimeMs !== undefined && { lifetimeMs }),
    ...(placement!.nodes && { nodes: names(id, 'nodes', nodes) }),
    ...(placement!.capabilities && { capabilities: names(id, 'capabilities', capabilities) }),
    ...(placement!.sticky !== undefined && {
      sticky: typeof sticky === 'string' ? sticky : canonicalJson(sticky ?? null),
    }),
  };
}

/** An entry may give a list of its own. */
function names(id: string, what: keyof typeof PLACEMENT_NAMES, value: JsonValue | undefined): string[] {
  const all = (value as JsonValue[]).flat();
  const wrong = all.find((name) => typeof name !== 'string' || !PLACEMENT_NAMES[what].test(name));
  if (wrong !== undefined || all.length === 0 || all.length > DEFINITION_LIMITS.placementNames)
    throw new InvalidInput(
      `placement.${what} of ${id} gave ${wrong === undefined ? `${all.length} names` : JSON.stringify(wrong).slice(0, 200)}`,
      `Give 1 to ${DEFINITION_LIMITS.placementNames} names of ${what}.`,
    );
  return all as string[];
}

/** How long the answer of a task on another node is waited for. */
export const lifetimeOf = ({ placement, timeoutMs }: TaskDefinition): number =>
  placement?.lifetimeMs ?? timeoutMs ?? DAY_MS;

/** When a task has waited long enough for what somebody else does; `Infinity` where nothing limits it. */
export function waitsUntilMs(task: TaskDefinition, { nodeId, startedMs }: Task): number {
  return startedMs! + (nodeId === undefined ? (task.timeoutMs ?? Infinity) : lifetimeOf(task));
}

export function placementRequest(
  task: TaskDefinition,
  { failure }: Task,
  placement: Placement,
  input?: JsonValue,
): PlacementRequest {
  return {
    placement,
    ...(input !== undefined && { taskType: task.type }),
    sizeBytes: JSON.stringify(input ?? (task.input as JsonObject)).length + ENVELOPE_BYTES,
    lifetimeMs: lifetimeOf(task),
    avoid: failure?.nodes ?? [],
  };
}
