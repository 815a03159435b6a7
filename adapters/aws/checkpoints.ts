/** What an attempt keeps in the table: its checkpoints. By itself, since most functions of task types never ask for it. */
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import { dynamo } from './clients/dynamo.ts';
import { ItemTable } from './item-table.ts';
import { LargeValues } from './large-values.ts';
import { Layouts } from './layout.ts';
import { Progress } from './progress.ts';

export function openCheckpoints(table: string): Pick<ExecutionStore, 'saveCheckpoint' | 'checkpoint'> {
  const items = new ItemTable(dynamo(), table);
  const values = new LargeValues(items);
  return new Progress(items, values, new Layouts(items, values));
}
