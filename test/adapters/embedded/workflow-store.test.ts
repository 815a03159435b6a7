import { openStore } from '../../../adapters/embedded/store.ts';
import { workflowStoreSuite } from '../../ports/workflow-store.suite.ts';
import { temporaryFolder } from './temporary.ts';

const open = (dataDir: string) => {
  const store = openStore({ dataDir });
  return { store: store.workflows, close: () => store.close() };
};

workflowStoreSuite('SQLite in memory', () => open(':memory:'));
workflowStoreSuite('SQLite in a file', () => open(temporaryFolder()));
