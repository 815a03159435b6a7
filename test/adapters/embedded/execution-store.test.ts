import { openStore, type StoreOptions } from '../../../adapters/embedded/store.ts';
import { executionReaderSuite } from '../../ports/execution-reader.suite.ts';
import { executionStoreSuite } from '../../ports/execution-store.suite.ts';
import { type SingleProcessSubject, singleProcessSuite } from '../../ports/single-process.suite.ts';
import { temporaryFolder } from './temporary.ts';

function open(options: StoreOptions): SingleProcessSubject {
  const store = openStore(options);
  return { store: store.executions, reader: store.reader, close: () => store.close() };
}

const openFile = (options: Partial<StoreOptions> = {}): SingleProcessSubject =>
  open({ ...options, dataDir: temporaryFolder() });

for (const suite of [executionStoreSuite, executionReaderSuite, singleProcessSuite]) {
  suite('SQLite in memory', () => open({ dataDir: ':memory:' }));
  suite('SQLite in a file', () => openFile());
  suite('SQLite that keeps nothing in memory between batches', () => openFile({ cachedRecordsMax: 0 }));
  suite('SQLite that commits every operation', () => openFile({ batchOperationsMax: 1 }));
}
