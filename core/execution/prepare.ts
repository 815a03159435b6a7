import type { Template } from '../expression/index.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { Placement } from '../workflow/definition.ts';
import type { Task } from './execution.ts';
import { placementOf } from './placed.ts';
import type { Plan } from './plans.ts';
import { signalName } from './signal.ts';
import { taskProgram } from './expressions.ts';
import { type ScopeSources, taskScope } from './scope.ts';

export interface PrepareSources extends ScopeSources {
  clock: Clock;
  random: Random;
}

/** What a task turns out to be once its parents have ended and its expressions have values. */
export type Preparation =
  | { kind: 'skip'; reason: string }
  /** A `condition` task's answer. */
  | { kind: 'answer'; result: boolean }
  | { kind: 'wait'; ms: number }
  /** Waits for a signal or a child execution, which may be placed. */
  | { kind: 'park'; reason: string; placement?: Placement }
  | { kind: 'handler'; input: JsonValue; placement?: Placement };

/** Errors: `ExpressionError`, `InvalidWait`. */
export async function prepare(sources: PrepareSources, plan: Plan, record: Task): Promise<Preparation> {
  const { task, index } = programOf(plan, record);
  const unmet = ruleUnmet(plan, record);
  if (unmet) return { kind: 'skip', reason: unmet };
  const program = taskProgram(plan.program, index);
  const scope = await taskScope(sources, plan.program, program, plan.execution);
  const ambient = { now: () => sources.clock.now(), random: () => sources.random.next() };
  if (program.condition) {
    const result = await program.condition.evaluate(scope, undefined, ambient);
    if (task.type === 'condition') return { kind: 'answer', result };
    if (!result) return { kind: 'skip', reason: `its condition \`${task.condition}\` is false` };
  }
  const render = (template: Template) => template.render(scope, undefined, ambient);
  const placement = program.placement && placementOf(task, await render(program.placement));
  if (task.type === 'workflow' || task.type === 'parallel' || task.type === 'map') {
    return { kind: 'park', reason: 'runs a child execution', placement };
  }
  const rendered = program.input.isConstant ? task.input : await render(program.input);
  if (task.type === 'wait') return { kind: 'wait', ms: waitMs(rendered, sources.clock.now()) };
  if (task.type === 'signal' || task.type === 'approval') {
    return { kind: 'park', reason: `waits for the signal "${signalName(task, rendered)}"` };
  }
  return { kind: 'handler', input: rendered, placement };
}

/** What a handler gets, evaluated by itself. Errors: `ExpressionError`. */
export async function handlerInput(sources: PrepareSources, plan: Plan, record: Task): Promise<JsonValue> {
  const { task, index } = programOf(plan, record);
  const program = taskProgram(plan.program, index);
  if (program.input.isConstant) return task.input;
  const scope = await taskScope(sources, plan.program, program, plan.execution);
  const ambient = { now: () => sources.clock.now(), random: () => sources.random.next() };
  return program.input.render(scope, undefined, ambient);
}

function programOf(plan: Plan, record: Task) {
  const index = plan.program.graph.indexOf(record.taskId)!;
  return { task: plan.program.graph.tasks[index]!, index };
}

/** Why a task whose parents have all ended must not run, or undefined when it may. */
function ruleUnmet(plan: Plan, record: Task): string | undefined {
  const { task } = programOf(plan, record);
  if (record.unmet > 0) {
    const parents = task.dependsOn.map((dependency) => `${dependency.on} of ${dependency.task}`).join(', ');
    return `it needs ${parents}`;
  }
  if (task.triggeredBy.length === 0 || record.triggered > 0) return undefined;
  return `none of its triggers came: ${task.triggeredBy.map(({ on, task: parent }) => `${on} of ${parent}`).join(', ')}`;
}

/** A `wait` task whose input names no time. */
export class InvalidWait extends Error {
  override readonly name = 'InvalidWait';
}

function waitMs(input: JsonValue, nowMs: number): number {
  const { ms, seconds, until } = (isObject(input) ? input : {}) as JsonObject;
  const wait = typeof ms === 'number' ? ms : typeof seconds === 'number' ? seconds * 1000 : undefined;
  if (wait !== undefined && Number.isFinite(wait)) return Math.max(0, wait);
  const at = typeof until === 'string' ? Date.parse(until) : until;
  if (typeof at === 'number' && Number.isFinite(at)) return Math.max(0, at - nowMs);
  throw new InvalidWait(
    `a wait needs \`ms\`, \`seconds\` or \`until\` (ISO 8601), and its input is ${JSON.stringify(input).slice(0, 200)}`,
  );
}
