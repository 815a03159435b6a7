import { randomBytes } from 'node:crypto';
import type { NewEvent } from '../../core/event/event.ts';
import { countsOf, openOf } from '../../core/execution/counts.ts';
import { EXECUTION_ENDS, type Execution } from '../../core/execution/execution.ts';
import { toJson } from '../../core/json.ts';
import type { ExecutionChange, ExecutionChanged, NewExecution } from '../../core/ports/execution-store.ts';
import { eachOf } from '../../core/side-by-side.ts';
import {
  type ExecutionItem,
  executionOf,
  executionUpdateOf,
  newItem,
  VALUE_LENGTH_MAX,
} from './execution-items.ts';
import { expiresAt, type Retention } from './expiry.ts';
import type { Values } from './item.ts';
import type { Condition, ItemTable } from './item-table.ts';
import { afterSk, executionIdOf, executionPk, metaKey, orderKey } from './keys.ts';
import { checkSeeds, type LaidOut, type Layouts } from './layout.ts';
import { newsAttribute, NO_EVENTS } from './news.ts';
import { WRITES_AT_ONCE } from './table.ts';
import { isEnded, OPEN, type TaskItem, taskOf } from './task-items.ts';
import type { LargeValues } from './large-values.ts';

export interface ExecutionChangeParts {
  table: ItemTable;
  values: LargeValues;
  layouts: Layouts;
  retention: Retention;
}

/** What happens to an execution: one conditional write of `META`, with what has to be there before it and what follows from it. */
export class ExecutionChanges {
  readonly #parts: ExecutionChangeParts;

  constructor(parts: ExecutionChangeParts) {
    this.#parts = parts;
  }

  async create(
    execution: NewExecution,
    events: NewEvent[],
  ): Promise<{ created: boolean; execution: Execution }> {
    const { table, values } = this.#parts;
    const { id, after, submittedMs } = execution;
    const text = toJson(execution.variables, 'variables')!;
    const news = newsAttribute(events);
    const order = orderKey(submittedMs, id);
    const pk = executionPk(id);
    const variables = await values.keep(pk, 'variables', text, VALUE_LENGTH_MAX);
    // Before the execution itself: who finds one of these first finds no execution, and loses nothing.
    for (const other of new Set(after)) await table.put({ pk: executionPk(other), sk: afterSk(order, id) });
    const { applied, item } = await table.insert<ExecutionItem>(newItem(execution, order, variables, news));
    return { created: applied, execution: await executionOf(item!, values) };
  }

  async apply(change: ExecutionChange): Promise<ExecutionChanged> {
    const { table, values, layouts } = this.#parts;
    const { id, seeds, set, cancelOpen } = change;
    const prepared = await this.#prepare(change);
    for (;;) {
      const before = await table.get<ExecutionItem>(metaKey(id));
      if (!before || !isExpected(before, change)) return this.#refused(before, change);
      // What stood is over before anything else stands.
      if (seeds && before.sweep) await this.#sweep(before);
      const laid = seeds && (await layouts.lay(before, set.run ?? before.run, seeds, change.atMs));
      const follows = laid
        ? { ...laid, lastTask: laid.lastTask, counts: undefined, expires: undefined }
        : await this.#followsOf(change, before);
      const { applied, item } = await table.update<ExecutionItem>({
        key: metaKey(id),
        set: { ...prepared, ...follows },
        add: { rev: 1 },
        only: asBefore(change, before),
      });
      if (laid) await this.#tidy(id, before, laid, item);
      if (!applied && item && isExpected(item, change)) continue;
      if (!applied) return this.#refused(item, change);
      const swept = cancelOpen === undefined ? item! : await this.#sweep(item!);
      return { applied, execution: await executionOf(swept, values) };
    }
  }

  /** Finds what a crash cut short carried through by whoever comes next. */
  async #refused(
    item: ExecutionItem | undefined,
    { cancelOpen }: ExecutionChange,
  ): Promise<ExecutionChanged> {
    if (!item) return { applied: false };
    const current = item.sweep ? await this.#sweep(item) : item;
    const applied = item.sweep !== undefined && cancelOpen !== undefined;
    return { applied, execution: await executionOf(current, this.#parts.values) };
  }

  /** The attributes that don't depend on what stands; what they name is written. */
  async #prepare({ id, set, events = [], seeds }: ExecutionChange): Promise<Values> {
    const { values } = this.#parts;
    const pk = executionPk(id);
    const [output, errors] = [toJson(set.output, 'output'), toJson(set.errors, 'errors')];
    const news = newsAttribute(events);
    if (seeds) checkSeeds(seeds);
    return {
      ...executionUpdateOf(id, set),
      ...('output' in set && (await values.keep(pk, 'output', output, VALUE_LENGTH_MAX))),
      ...('errors' in set && (await values.keep(pk, 'errors', errors, VALUE_LENGTH_MAX))),
      news,
    };
  }

  async #followsOf({ id, set, cancelOpen, atMs }: ExecutionChange, before: ExecutionItem): Promise<Values> {
    const isEnd = set.status !== undefined && EXECUTION_ENDS.includes(set.status);
    const expires = isEnd ? expiresAt(atMs, this.#parts.retention) : undefined;
    const over = expires === undefined ? {} : { expires };
    if (cancelOpen !== undefined) {
      const sweep = { reason: cancelOpen, atMs, id: randomBytes(6).toString('base64url') };
      return { ...over, sweep, counts: undefined };
    }
    if (!isEnd || before.layout === undefined) return over;
    const counts = countsOf((await this.#parts.layouts.tasks(id, before.layout)).map(taskOf));
    return openOf(counts) === 0 ? { ...over, counts: { ...counts } } : over;
  }

  /** Cancels what is open; nothing becomes open any more, since the execution isn't live. */
  async #sweep(execution: ExecutionItem): Promise<ExecutionItem> {
    const { table, layouts } = this.#parts;
    const { reason, atMs, id } = execution.sweep!;
    const tasks = await layouts.tasks(executionIdOf(execution.pk)!, execution.layout);
    await eachOf(tasks, WRITES_AT_ONCE, async (task, at) => {
      if (isEnded(task)) return;
      const { item } = await table.update<TaskItem>({
        key: { pk: task.pk, sk: task.sk },
        set: {
          status: 'CANCELLED',
          reason,
          endedMs: atMs,
          related: undefined,
          order: undefined,
          news: undefined,
        },
        add: { rev: 1 },
        only: OPEN,
      });
      if (item) tasks[at] = item;
    });
    const { item } = await table.update<ExecutionItem>({
      key: { pk: execution.pk, sk: execution.sk },
      set: { sweep: undefined, counts: { ...countsOf(tasks.map(taskOf)) }, news: NO_EVENTS },
      add: { rev: 1 },
      only: { that: '#sweep.#id = :sweep', values: { sweep: id } },
    });
    return item ?? execution;
  }

  /** Deletes the lay-out that is over: the one before, or, when another change came first, the new one. */
  async #tidy(
    id: string,
    { layout }: ExecutionItem,
    laid: LaidOut,
    now: ExecutionItem | undefined,
  ): Promise<void> {
    const stands = now?.layout === laid.layout;
    if (!stands) return this.#parts.layouts.tidy(id, laid.layout);
    if (layout !== undefined && layout !== laid.layout) await this.#parts.layouts.tidy(id, layout);
  }
}

function isExpected({ status, run }: ExecutionItem, { expect }: ExecutionChange): boolean {
  return expect.statuses.includes(status) && (expect.run === undefined || expect.run === run);
}

/** What was decided on still stands: the status, and the tasks where they matter. */
function asBefore(
  { seeds, set, cancelOpen }: ExecutionChange,
  { status, run, layout }: ExecutionItem,
): Condition {
  const values = { status, run };
  const that = '#status = :status AND #run = :run';
  const needsTasks = seeds !== undefined || (set.status !== undefined && cancelOpen === undefined);
  if (!needsTasks) return { that, values };
  if (layout === undefined) return { that: `${that} AND attribute_not_exists(#layout)`, values };
  return { that: `${that} AND #layout = :layout`, values: { ...values, layout } };
}
