import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { MIGRATIONS, migrate } from '../../../adapters/embedded/migrations.ts';
import { openStore } from '../../../adapters/embedded/store.ts';
import { FORMER_KEY_MS } from '../../../core/node/former-keys.ts';
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

test('keeps the key that it gives a node for its bundles until the node is unregistered', async () => {
  const dataDir = temporaryFolder();
  let store = openStore({ dataDir });
  const { bundleKey } = await store.nodes.register('edge-1');
  const other = await store.nodes.register('edge-2');
  expect(other.bundleKey).not.toBe(bundleKey);
  store.close();
  store = openStore({ dataDir });
  const kept = await store.nodes.bundleKey('edge-1');
  expect(kept).toHaveLength(32);
  expect(Buffer.from(kept!).toString('base64url')).toBe(bundleKey);
  expect(await store.nodes.bundleKey('edge-3')).toBeUndefined();
  await store.nodes.unregister('edge-1');
  expect(await store.nodes.bundleKey('edge-1')).toBeUndefined();
  store.close();
});

test('knows the keys that a node had before for a day', async () => {
  let nowMs = 0;
  const store = openStore({ dataDir: ':memory:', clock: { now: () => nowMs } });
  const keys: (string | undefined)[] = [];
  for (const atMs of [1000, 2000, 3000]) {
    nowMs = atMs;
    await store.nodes.unregister('edge-1');
    keys.push((await store.nodes.register('edge-1')).bundleKey);
  }
  const former = async () =>
    (await store.nodes.formerKeys('edge-1')).map((key) => Buffer.from(key).toString('base64url'));
  expect(await former()).toEqual([keys[1], keys[0]]);
  expect(await store.nodes.formerKeys('edge-2')).toEqual([]);
  nowMs = 2000 + FORMER_KEY_MS;
  expect(await former()).toEqual([keys[1]]);
  nowMs = 3000 + FORMER_KEY_MS;
  expect(await former()).toEqual([]);
  store.close();
});

test('has no key for a node that was registered before there were keys', async () => {
  const dataDir = temporaryFolder();
  const old = new DatabaseSync(join(dataDir, 'holdfast.db'));
  migrate(old, 'x', MIGRATIONS.slice(0, 5));
  old.exec("INSERT INTO node_secrets VALUES ('edge-1', x'00', 1)");
  old.close();
  const store = openStore({ dataDir });
  expect(await store.nodes.bundleKey('edge-1')).toBeUndefined();
  expect((await store.nodes.list()).nodes).toEqual([{ nodeId: 'edge-1', registeredMs: 1 }]);
  store.close();
});
