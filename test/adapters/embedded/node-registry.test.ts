import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { nodeRegistrySuite } from '../../ports/node-registry.suite.ts';
import { temporaryFolder } from './temporary.ts';

nodeRegistrySuite('SqliteNodeRegistry', 'secrets', async () => {
  const store = openStore({ dataDir: ':memory:' });
  return { registry: store.nodes, csrPem: 'anything', close: async () => store.close() };
});

test('knows a secret by its hash alone, also after it was opened again', async () => {
  const dataDir = temporaryFolder();
  let store = openStore({ dataDir });
  const { secret } = await store.nodes.register('edge-1');
  const other = await store.nodes.register('edge-2');
  store.close();
  expect(readFileSync(join(dataDir, 'holdfast.db')).includes(secret)).toBe(false);
  store = openStore({ dataDir });
  expect(await store.nodes.isSecret('edge-1', secret)).toBe(true);
  expect(await store.nodes.isSecret('edge-1', other.secret)).toBe(false);
  expect(await store.nodes.isSecret('edge-1', '')).toBe(false);
  expect(await store.nodes.isSecret('edge-3', secret)).toBe(false);
  await store.nodes.unregister('edge-1');
  expect(await store.nodes.isSecret('edge-1', secret)).toBe(false);
  store.close();
});
