/** Deletes what belonged to an execution that is gone. */
import { eachOf } from '../../core/side-by-side.ts';
import type { ItemTable, Key } from './item-table.ts';
import { executionIdOf, executionPk, logPk, META } from './keys.ts';
import type { StreamImage } from './news.ts';
import { WRITES_AT_ONCE } from './table.ts';

/** The execution whose item was deleted; undefined for any other item. */
export function expiredOf(keys: StreamImage): string | undefined {
  return keys.sk?.S === META ? executionIdOf(keys.pk?.S ?? '') : undefined;
}

/** Deletes the tasks, values and log of an execution whose own item is gone; leaves one alone that is there. Idempotent. */
export async function purge(table: ItemTable, executionId: string): Promise<void> {
  if (await table.get<Key>({ pk: executionPk(executionId), sk: META })) return;
  for (const pk of [executionPk(executionId), logPk(executionId)]) {
    for await (const page of table.pages<Key>({ pk, only: ['pk', 'sk'] })) {
      await eachOf(page, WRITES_AT_ONCE, ({ sk }) => table.delete({ pk, sk }));
    }
  }
}
