import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { networkStoreSuite } from '../../ports/network-store.suite.ts';
import { temporaryFolder } from './temporary.ts';

const open = (dataDir: string) => {
  const store = openStore({ dataDir });
  return { store: store.network, close: () => store.close() };
};

networkStoreSuite('SQLite in memory', () => open(':memory:'));
networkStoreSuite('SQLite in a file', () => open(temporaryFolder()));

test('shows nodes and links to whoever looks into the file', async () => {
  const dataDir = temporaryFolder();
  const store = openStore({ dataDir });
  const nodes = ['a', 'b'].map((id) => ({ id, kind: 'edge', capabilities: [] }) as const);
  const ab = { id: 'ab', from: 'a', to: 'b', channel: 'mesh', rateBitsPerSecond: 9600, delayMs: 5 } as const;
  await store.network.change(() => ({
    nodes: nodes.map((node) => ({ ...node, capabilities: [] })),
    links: [ab],
  }));
  store.close();
  const db = new DatabaseSync(join(dataDir, 'holdfast.db'), { readOnly: true });
  expect(db.prepare('SELECT id, kind FROM nodes').all()).toEqual([
    { id: 'a', kind: 'edge' },
    { id: 'b', kind: 'edge' },
  ]);
  expect(db.prepare('SELECT * FROM links').all()).toEqual([
    { id: 'ab', from: 'a', to: 'b', channel: 'mesh', rate_bits_per_second: 9600, delay_ms: 5, status: null },
  ]);
  db.close();
});
