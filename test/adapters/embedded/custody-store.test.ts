import { expect, test } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { TRANSFER_OPEN } from '../../../core/custody/transfer.ts';
import { bytesOf, hopTo, T0, transfer } from '../../ports/custody-fixtures.ts';
import { openIn } from '../../ports/custody-histories.ts';
import { custodyStoreSuite } from '../../ports/custody-store.suite.ts';
import { temporaryFolder } from './temporary.ts';

custodyStoreSuite(
  'SQLite in memory',
  () => {
    const store = openStore({ dataDir: ':memory:' });
    return { store: store.custody, close: () => store.close() };
  },
  { numRuns: 200 },
);

custodyStoreSuite(
  'SQLite in a file',
  () => {
    const store = openStore({ dataDir: temporaryFolder() });
    return { store: store.custody, close: () => store.close() };
  },
  { numRuns: 5 },
);

test('keeps what it acknowledged through a power cut, and of the rest either all or nothing', async () => {
  const dataDir = temporaryFolder();
  let store = openStore({ dataDir });
  await store.custody.accept(transfer('kept'), bytesOf(2000));
  const set = { state: 'released', attempt: 1, hop: hopTo('edge-1'), dueMs: T0 + 5 } as const;
  await store.custody.change({ bundleId: 'kept', expect: { states: TRANSFER_OPEN }, set });
  const lost = store.custody.accept(transfer('lost'), bytesOf(2000));
  const refused = expect(lost).rejects.toThrow(/closed/);
  store.crash();
  await refused;
  store = openStore({ dataDir });
  expect(await store.custody.get('lost')).toBeUndefined();
  expect(await openIn(store.custody)).toEqual([transfer('kept', set)]);
  expect(await store.custody.bytes('kept')).toEqual(bytesOf(2000));
  expect(await store.custody.totals()).toMatchObject({
    accepted: { bundles: 1, bytes: 100 },
    released: { bundles: 1, bytes: 100 },
  });
  store.close();
});
