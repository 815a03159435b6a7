import type { Clock } from '../../core/ports/clock.ts';
import type { TaskType, TaskTypes } from '../../core/ports/task-types.ts';
import type { ItemTable, Key } from './item-table.ts';

interface TypeItem extends Key, Omit<TaskType, 'type'> {}

const TYPES = 'TYPES';
/** How long what was read is taken for true, in milliseconds. */
export const FRESH_MS = 30_000;

/** Task types in the table: `TYPES` / `<type>`. Read all at once, now and then; a type that isn't among them is looked for at once. */
export class DynamoTaskTypes implements TaskTypes {
  readonly #table: ItemTable;
  readonly #clock: Pick<Clock, 'now'>;
  #known = new Map<string, TaskType>();
  #readMs = -Infinity;

  constructor({ table, clock }: { table: ItemTable; clock: Pick<Clock, 'now'> }) {
    this.#table = table;
    this.#clock = clock;
  }

  async find(type: string): Promise<TaskType | undefined> {
    if (this.#clock.now() - this.#readMs > FRESH_MS) await this.list();
    const known = this.#known.get(type);
    if (known) return known;
    const item = await this.#table.get<TypeItem>({ pk: TYPES, sk: type });
    if (item) this.#known.set(type, typeOf(item));
    return this.#known.get(type);
  }

  async list(): Promise<TaskType[]> {
    const nowMs = this.#clock.now();
    const types = (await this.#table.query<TypeItem>({ pk: TYPES, consistent: true })).map(typeOf);
    this.#known = new Map(types.map((one) => [one.type, one]));
    this.#readMs = nowMs;
    return types;
  }

  /** Offers a type from now on. */
  async offer({ type, ...how }: TaskType): Promise<void> {
    await this.#table.put({ pk: TYPES, sk: type, ...how });
    this.#known.delete(type);
  }

  /** Offers it no more; tasks of this type park. */
  async withdraw(type: string): Promise<void> {
    await this.#table.delete({ pk: TYPES, sk: type });
    this.#known.delete(type);
  }
}

const typeOf = ({ sk, functionName, maxConcurrency, long }: TypeItem): TaskType => ({
  type: sk,
  functionName,
  ...(maxConcurrency !== undefined && { maxConcurrency }),
  ...(long && { long }),
});
