/** What lies beside the tasks: checkpoints and kept signals. */
import { NotFound } from '../../core/errors.ts';
import type { NewEvent } from '../../core/event/event.ts';
import type { AttemptRef, TaskRef } from '../../core/execution/execution.ts';
import { type JsonValue, toJson } from '../../core/json.ts';
import type { Signal } from '../../core/ports/execution-store.ts';
import type { ItemTable } from './item-table.ts';
import { checkpointSk, executionPk, metaKey, orderKey, SIGNALS, signalSk } from './keys.ts';
import { newsAttribute } from './news.ts';
import type { LargeValues } from './large-values.ts';
import type { Layouts } from './layout.ts';
import { type Packed } from './text.ts';

/** Checkpoints are saved often: one that an item can hold is written with it. */
const CHECKPOINT_LENGTH_MAX = 300 * 1024;
const PAYLOAD_LENGTH_MAX = 16 * 1024;

interface CheckpointItem {
  attempt: number;
  value?: Packed;
  valueAt?: string;
}

interface SignalItem {
  pk: string;
  id: string;
  name: string;
  atMs: number;
  order: string;
  payload?: Packed;
  payloadAt?: string;
}

export class Progress {
  readonly #table: ItemTable;
  readonly #values: LargeValues;
  readonly #layouts: Layouts;

  constructor(table: ItemTable, values: LargeValues, layouts: Layouts) {
    this.#table = table;
    this.#values = values;
    this.#layouts = layouts;
  }

  async saveCheckpoint({ executionId, taskId, attempt }: AttemptRef, value: JsonValue): Promise<boolean> {
    const text = toJson(value, 'checkpoint')!;
    const task = await this.#layouts.task({ executionId, taskId });
    if (task?.status !== 'RUNNING' || task.attempt !== attempt) return false;
    const key = { pk: executionPk(executionId), sk: checkpointSk(taskId) };
    const kept = await this.#values.keep(key.pk, 'value', text, CHECKPOINT_LENGTH_MAX);
    // A later attempt that has begun meanwhile keeps what it saved.
    const { applied } = await this.#table.update<CheckpointItem>({
      key,
      set: { attempt, ...kept },
      only: { that: 'attribute_not_exists(#attempt) OR #attempt <= :mine', values: { mine: attempt } },
    });
    return applied;
  }

  async checkpoint({ executionId, taskId }: TaskRef): Promise<JsonValue | undefined> {
    const pk = executionPk(executionId);
    const item = await this.#table.get<CheckpointItem>({ pk, sk: checkpointSk(taskId) });
    return item && this.#values.read<JsonValue>(pk, item.value, item.valueAt);
  }

  /** False when the id was kept already. Errors: `NotFound`. */
  async putSignal(executionId: string, signal: Signal, event: NewEvent): Promise<boolean> {
    const { id, name, atMs } = signal;
    const text = toJson(signal.payload, 'payload')!;
    const news = newsAttribute([event]);
    const pk = executionPk(executionId);
    if (!(await this.#table.get(metaKey(executionId))))
      throw new NotFound(`There is no execution ${executionId}.`, 'Check its id.');
    const kept = await this.#values.keep(pk, 'payload', text, PAYLOAD_LENGTH_MAX);
    const item = { pk, sk: signalSk(id), id, name, atMs, order: orderKey(atMs, id), ...kept, rev: 1, news };
    return (await this.#table.insert(item)).applied;
  }

  async signal(executionId: string, name: string): Promise<Signal | undefined> {
    const pk = executionPk(executionId);
    const kept = await this.#table.query<SignalItem>({
      pk,
      that: 'begins_with(#sk, :signals)',
      filter: '#name = :name',
      values: { signals: SIGNALS, name },
      consistent: true,
    });
    const newest = kept.reduce<SignalItem | undefined>(
      (best, item) => (best && best.order > item.order ? best : item),
      undefined,
    );
    if (!newest) return undefined;
    const { id, atMs, payload, payloadAt } = newest;
    return { id, name, payload: (await this.#values.read<JsonValue>(pk, payload, payloadAt))!, atMs };
  }
}
