import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FilePayloadStore, MemoryPayloadStore } from '../../../adapters/embedded/payload-store.ts';
import { payloadStoreSuite } from '../../ports/payload-store.suite.ts';
import { temporaryFolder } from './temporary.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-payloads-'));
afterAll(() => rmSync(root, { recursive: true }));

payloadStoreSuite('Memory', () => new MemoryPayloadStore());
payloadStoreSuite('Files', () => new FilePayloadStore(mkdtempSync(join(root, 'data-'))));

describe('payload files', () => {
  const bytes = new TextEncoder().encode('abc');
  const place = join('payloads', 'ba');

  it('lie under the first two digits of their hash, without leftovers', async () => {
    const dataDir = temporaryFolder();
    const store = new FilePayloadStore(dataDir);
    await Promise.all([store.put(bytes), store.put(bytes)]);
    expect(readdirSync(join(dataDir, 'payloads'))).toEqual(['ba']);
    expect(readdirSync(join(dataDir, place))).toEqual([
      '7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ]);
  });

  it('are refused when they no longer match their hash, and mended by the next put', async () => {
    const dataDir = temporaryFolder();
    const store = new FilePayloadStore(dataDir);
    const ref = await store.put(bytes);
    const file = join(dataDir, place, ref.slice('sha256:ba'.length));
    writeFileSync(file, 'abcd');
    await expect(store.get(ref)).rejects.toMatchObject({
      name: 'PayloadCorrupt',
      message: expect.stringContaining(file) as string,
    });
    await store.put(bytes);
    expect(await store.get(ref)).toHaveLength(3);
  });

  it('fails with StoreUnavailable where it can not write', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'payloads'), 'a file in the way');
    await expect(new FilePayloadStore(dataDir).put(bytes)).rejects.toMatchObject({
      name: 'StoreUnavailable',
    });
  });
});
