/** Takes bundles through custody and a lane, many at once, and prints each step when it is durable, until it is killed. */
import { writeSync } from 'node:fs';
import { openStore } from '../../../adapters/embedded/store.ts';
import type { TransferState } from '../../../core/custody/transfer.ts';
import { bytesOf, hopTo, LANE, released, transfer } from '../../ports/custody-fixtures.ts';

const [dataDir, prefix] = process.argv.slice(2) as [string, string];
const { custody, lanes } = openStore({ dataDir });

async function carry(bundleId: string): Promise<void> {
  const step = async (from: TransferState, set: Parameters<typeof custody.change>[0]['set']) => {
    await custody.change({ bundleId, expect: { states: [from] }, set });
    writeSync(1, `${bundleId} ${set.state!}\n`);
  };
  await custody.accept(transfer(bundleId), bytesOf(300));
  writeSync(1, `${bundleId} waiting\n`);
  await step('waiting', { state: 'booked', hop: hopTo('edge-1') });
  await lanes.put(LANE, [released(bundleId)]);
  await step('booked', { state: 'released', attempt: 1 });
  await step('released', { state: 'acknowledged', endedMs: 1 });
}

for (let round = 0; ; round++) {
  await Promise.all(Array.from({ length: 10 }, (_, at) => carry(`${prefix}-${round}-${at}`)));
}
