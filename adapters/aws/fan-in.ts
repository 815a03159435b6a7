/**
 * Tells those that wait of an end: children, and the end of the execution. Each hears of it once, however often it is told: who
 * was told keeps a mark, so a call that was cut short is simply repeated.
 */
import { HoldfastError, NotFound } from '../../core/errors.ts';
import type { Resolution } from '../../core/ports/execution-store.ts';
import { lastMark, pathOf, WIDTH } from './gates.ts';
import type { ItemTable, Key } from './item-table.ts';
import { endGateSk, endPrefix, executionPk, gateSk, taskSk } from './keys.ts';
import type { TaskItem } from './task-items.ts';

/** A change that contradicts what is stored: a fault of the engine, not of its user. */
export class Invariant extends HoldfastError {
  override readonly name = 'Invariant';
}

export interface Gathered {
  /** Still to come. */
  left: number;
  edges: number;
  unmet: number;
  triggered: number;
  told?: Set<number>;
}

type Message = Pick<Gathered, 'edges' | 'unmet' | 'triggered'>;

/** What gates, and the end of an execution, begin with. */
export const gathering = (left: number): Gathered => ({ left, edges: 0, unmet: 0, triggered: 0 });

export interface Teller {
  executionId: string;
  layout: string;
  /** The parent's index. */
  index: number;
  atMs: number;
}

export class FanIn {
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
  }

  /**
   * Tells a child, through its gates where it has many parents. Returns it as it is then; undefined when it has more to wait for
   * before its gate opens. Errors: `NotFound`, `Invariant`.
   */
  async child(
    teller: Teller,
    { taskId, parents = 0, place, ...message }: Resolution,
  ): Promise<TaskItem | undefined> {
    const { executionId, layout, index } = teller;
    if (parents <= WIDTH || place === undefined) {
      return this.#tell(teller, taskId, place ?? index, message);
    }
    const skOf = (gate: string) => gateSk(layout, taskId, gate);
    const through = await this.#pass(executionPk(executionId), skOf, parents, place, message);
    return through && this.#tell(teller, taskId, lastMark(parents, place), through);
  }

  /** Tells the end of the execution, which `lasts` tasks come before. True when this was the last. */
  async end({ executionId, layout }: Teller, place: number, lasts: number): Promise<boolean> {
    // With one such task, its end is the end.
    if (lasts <= 1) return true;
    const pk = executionPk(executionId);
    const message = { edges: 1, unmet: 0, triggered: 0 };
    const skOf = (gate: string) => endGateSk(layout, gate);
    if (lasts > WIDTH && !(await this.#pass(pk, skOf, lasts, place, message))) return false;
    return (await this.#gather({ pk, sk: endPrefix(layout) }, lastMark(lasts, place), message)).left === 0;
  }

  /** Whether all have told the end of the execution. */
  async isAtEnd(executionId: string, layout: string): Promise<boolean> {
    const end = await this.#table.get<Gathered>({ pk: executionPk(executionId), sk: endPrefix(layout) });
    return end?.left === 0;
  }

  /** What the last gate gathered; undefined while any on the way waits for more. */
  async #pass(
    pk: string,
    skOf: (gate: string) => string,
    parents: number,
    place: number,
    message: Message,
  ): Promise<Message | undefined> {
    let through = message;
    for (const { name, mark } of pathOf(parents, place)) {
      const gate = await this.#gather({ pk, sk: skOf(name) }, mark, through);
      if (gate.left > 0) return undefined;
      through = gate;
    }
    return through;
  }

  async #gather(key: Key, mark: number, { edges, unmet, triggered }: Message): Promise<Gathered> {
    const { item } = await this.#table.update<Gathered>({
      key,
      add: { left: -1, edges, unmet, triggered, told: new Set([mark]) },
      only: { that: 'attribute_exists(#left) AND NOT contains(#told, :mark)', values: { mark } },
    });
    if (item) return item;
    throw new NotFound(
      `The table lacks ${key.sk} of ${key.pk}.`,
      'Cancel the execution and redrive it, which lays its tasks out anew.',
    );
  }

  async #tell(
    { executionId, layout, atMs }: Teller,
    taskId: string,
    mark: number,
    { edges, unmet, triggered }: Message,
  ): Promise<TaskItem> {
    const { applied, item } = await this.#table.update<TaskItem>({
      key: { pk: executionPk(executionId), sk: taskSk(layout, taskId) },
      set: { readyMs: atMs },
      add: { remaining: -edges, unmet, triggered, told: new Set([mark]) },
      only: {
        that: '#status = :waits AND #remaining >= :edges AND NOT contains(#told, :mark)',
        values: { waits: 'PENDING', edges, mark },
      },
    });
    if (!item) throw new NotFound(`Execution ${executionId} has no task ${taskId}.`, 'Name a task it has.');
    if (applied || item.status !== 'PENDING' || item.told?.has(mark)) return item;
    throw new Invariant(
      `Task ${taskId} of ${executionId} waits for ${item.remaining} parents, yet ${edges} more ended.`,
      'Report this with the events of the execution.',
    );
  }
}
