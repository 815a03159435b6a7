/** Ends tasks of many executions at once and prints each when it is durable, until it is killed. Run by kill.test.ts. */
import { writeSync } from 'node:fs';
import { openStore } from '../../../adapters/embedded/store.ts';
import { ask, claim, edge, event, pending, seed, started } from '../../ports/execution-fixtures.ts';

const TASKS = 50;
const [dataDir, prefix] = process.argv.slice(2) as [string, string];
const { executions } = openStore({ dataDir });

async function fan(id: string): Promise<void> {
  const seeds = Array.from({ length: TASKS }, (_, index) => seed(index));
  await started(executions, id, [...seeds, pending(TASKS, TASKS, { taskId: 'join' })]);
  const ends = seeds.map(async ({ taskId }) => {
    await claim(executions, id, taskId);
    const events = [event('task.succeeded', { taskId })];
    await executions.changeTask(ask(id, taskId, { resolve: [edge('join')], events }));
    writeSync(1, `${id}/${taskId}\n`);
  });
  await Promise.all(ends);
}

for (let round = 0; ; round++) {
  await Promise.all(Array.from({ length: 10 }, (_, at) => fan(`${prefix}-${round}-${at}`)));
}
