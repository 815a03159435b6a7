/**
 * Lays tasks out under a name of their own, beside those that stand; the write of `META` that names them makes them stand. So a
 * lay-out that is cut short, or loses a race, changes nothing, and one that is repeated finds its own items.
 */
import { createHash } from 'node:crypto';
import { InvalidInput } from '../../core/errors.ts';
import { TASK_ENDS, type TaskRef } from '../../core/execution/execution.ts';
import { toJson } from '../../core/json.ts';
import type { TaskSeed } from '../../core/ports/execution-store.ts';
import { eachOf } from '../../core/side-by-side.ts';
import { DEFINITION_LIMITS } from '../../core/workflow/definition.ts';
import type { ExecutionItem } from './execution-items.ts';
import { gathering } from './fan-in.ts';
import { levelsOf, openGates, WIDTH } from './gates.ts';
import type { Values } from './item.ts';
import type { ItemTable, Key } from './item-table.ts';
import {
  endGateSk,
  endPrefix,
  executionIdOf,
  executionPk,
  FIRST_LAYOUT,
  gateSk,
  gatesPrefix,
  layoutName,
  metaKey,
  taskIdOf,
  taskPrefix,
  taskSk,
} from './keys.ts';
import { WRITES_AT_ONCE } from './table.ts';
import { laidOut, OUTPUT_LENGTH_MAX, type TaskItem, taskKey } from './task-items.ts';
import type { LargeValues } from './large-values.ts';

/** What `META` says of a lay-out. */
export type LaidOut = Required<Pick<ExecutionItem, 'layout' | 'total' | 'lasts' | 'attemptFloor'>> &
  Pick<ExecutionItem, 'lastTask'>;

/** Errors: `InvalidInput` for two tasks of one id or place. */
export function checkSeeds(seeds: readonly TaskSeed[]): void {
  const ids = new Set<string>();
  const places = new Set<number>();
  for (const { index, taskId } of seeds) {
    if (ids.has(taskId) || places.has(index) || !(index >= 0 && index < DEFINITION_LIMITS.tasks)) {
      throw new InvalidInput(
        `Task ${taskId} at place ${index} can not be laid out beside the others.`,
        `Give each task an id of its own and a place of its own from 0 to ${DEFINITION_LIMITS.tasks - 1}.`,
      );
    }
    ids.add(taskId);
    places.add(index);
  }
}

export class Layouts {
  readonly #table: ItemTable;
  readonly #values: LargeValues;

  constructor(table: ItemTable, values: LargeValues) {
    this.#table = table;
    this.#values = values;
  }

  /** The task that stands. */
  async task(ref: TaskRef): Promise<TaskItem | undefined> {
    // Most stand where the first run laid them out: both at once.
    const [execution, first] = await Promise.all([
      this.#table.get<ExecutionItem>(metaKey(ref.executionId)),
      this.#table.get<TaskItem>(taskKey(ref, FIRST_LAYOUT)),
    ]);
    const layout = execution?.layout;
    if (layout === undefined) return undefined;
    if (layout === FIRST_LAYOUT && first) return first;
    return this.#table.get<TaskItem>(taskKey(ref, layout));
  }

  /** Every task that stands, in no order. */
  async tasks(executionId: string, layout: string | undefined): Promise<TaskItem[]> {
    if (layout === undefined) return [];
    return this.#table.query<TaskItem>({
      pk: executionPk(executionId),
      that: 'begins_with(#sk, :prefix)',
      values: { prefix: taskPrefix(layout) },
      consistent: true,
    });
  }

  /** Writes these tasks beside those that stand. */
  async lay(
    execution: ExecutionItem,
    run: number,
    seeds: readonly TaskSeed[],
    atMs: number,
  ): Promise<LaidOut> {
    const executionId = executionIdOf(execution.pk)!;
    const stands = await this.tasks(executionId, execution.layout);
    const old = new Map(stands.map((item) => [taskIdOf(item.sk), item]));
    const layout = nameOf(execution, run, seeds);
    const { places, lastTask } = lastPlaces(seeds);
    const gates = gatesOf(executionId, layout, seeds, places.size);
    await eachOf(gates, WRITES_AT_ONCE, (item) => this.#table.insert(item));
    // By who began this before and was cut short.
    const written = new Set((await this.#keys(execution.pk, taskPrefix(layout))).map(({ sk }) => sk));
    const left = seeds.filter(({ taskId }) => !written.has(taskSk(layout, taskId)));
    const floor = execution.attemptFloor ?? 0;
    await eachOf(left, WRITES_AT_ONCE, async (seed) => {
      const before = old.get(seed.taskId);
      const output = await this.#outputOf(execution.pk, seed, before);
      const last = places.get(seed.taskId);
      await this.#table.insert({
        ...laidOut({ executionId, layout, seed, old: before, attemptFloor: floor, output, last, atMs }),
      });
    });
    for (const { taskId } of seeds) old.delete(taskId);
    const attemptFloor = Math.max(floor, ...[...old.values()].map(({ attempt }) => attempt));
    return { layout, total: seeds.length, lasts: places.size, lastTask, attemptFloor };
  }

  /** Deletes a lay-out that can't come to stand any more. */
  async tidy(executionId: string, layout: string): Promise<void> {
    const pk = executionPk(executionId);
    const keys = [{ pk, sk: endPrefix(layout) }];
    for (const prefix of [taskPrefix(layout), gatesPrefix(layout), endGateSk(layout, '')]) {
      keys.push(...(await this.#keys(pk, prefix)));
    }
    await eachOf(keys, WRITES_AT_ONCE, ({ sk }) => this.#table.delete({ pk, sk }));
  }

  #outputOf(pk: string, { output }: TaskSeed, before: TaskItem | undefined) {
    return this.#values.keep(pk, 'output', toJson(output, 'output'), OUTPUT_LENGTH_MAX, before?.outputAt);
  }

  #keys(pk: string, prefix: string): Promise<Key[]> {
    const that = 'begins_with(#sk, :prefix)';
    return this.#table.query<Key>({ pk, that, values: { prefix }, only: ['pk', 'sk'] });
  }
}

/**
 * The same for the same tasks after the same lay-out: who repeats finds what is there, who differs is out of the way. What the
 * first run lays out follows from its definition.
 */
function nameOf(execution: ExecutionItem, run: number, seeds: readonly TaskSeed[]): string {
  if (execution.layout === undefined && run === 1) return FIRST_LAYOUT;
  const hash = createHash('sha256')
    .update(execution.layout ?? '')
    .update(toJson(seeds, 'tasks')!);
  return layoutName(run, hash.digest('base64url').slice(0, 10));
}

/** Tasks with which the execution ends, each with its place among them. */
function lastPlaces(seeds: readonly TaskSeed[]): {
  places: Map<string, number>;
  lastTask: string | undefined;
} {
  const places = new Map<string, number>();
  for (const { taskId, status, inner } of seeds) {
    if (!inner && !TASK_ENDS.includes(status)) places.set(taskId, places.size);
  }
  return { places, lastTask: places.size === 1 ? [...places.keys()][0] : undefined };
}

function gatesOf(
  executionId: string,
  layout: string,
  seeds: readonly TaskSeed[],
  lasts: number,
): (Key & Values)[] {
  const pk = executionPk(executionId);
  const items: (Key & Values)[] = [];
  for (const { taskId, status, parents = 0, heard } of seeds) {
    if (parents <= WIDTH || TASK_ENDS.includes(status)) continue;
    for (const { name, left } of openGates(parents, heard)) {
      items.push({ pk, sk: gateSk(layout, taskId, name), ...gathering(left) });
    }
  }
  if (lasts <= 1) return items;
  items.push({ pk, sk: endPrefix(layout), ...gathering(levelsOf(lasts).at(-1) ?? lasts) });
  for (const { name, left } of openGates(lasts))
    items.push({ pk, sk: endGateSk(layout, name), ...gathering(left) });
  return items;
}
