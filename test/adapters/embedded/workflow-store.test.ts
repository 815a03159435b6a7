import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../adapters/embedded/store.ts';
import { workflowStoreSuite } from '../../ports/workflow-store.suite.ts';

workflowStoreSuite('SQLite in memory', () => {
  const store = openStore({ dataDir: ':memory:' });
  return { store: store.workflows, close: () => store.close() };
});

workflowStoreSuite('SQLite in a file', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-workflows-'));
  const store = openStore({ dataDir });
  const close = () => {
    store.close();
    rmSync(dataDir, { recursive: true });
  };
  return { store: store.workflows, close };
});
