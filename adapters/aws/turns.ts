import { hashBytes } from '../../core/hash.ts';
import type { Turns } from '../../core/ports/turns.ts';
import type { ItemTable } from './item-table.ts';

interface TurnItem {
  turn: number;
}

/** Counted in the table, an item a key: `TURNS`/`<hash>`. */
export class DynamoTurns implements Turns {
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
  }

  async next(key: string): Promise<number> {
    const sk = hashBytes(new TextEncoder().encode(key));
    const { item } = await this.#table.update<TurnItem>({
      key: { pk: 'TURNS', sk },
      add: { turn: 1 },
    });
    return item!.turn - 1;
  }
}
