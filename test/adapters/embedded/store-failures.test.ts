import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import type { StoreUnavailable } from '../../../core/errors.ts';
import { event, newExecution } from '../../ports/execution-fixtures.ts';
import { temporaryFolder } from './temporary.ts';

const big = { text: 'x'.repeat(20_000) };

function refusal(dataDir: string): StoreUnavailable {
  try {
    openStore({ dataDir }).close();
  } catch (error) {
    return error as StoreUnavailable;
  }
  throw new Error(`${dataDir} was opened`);
}

/** Creates executions until one is refused; returns those that were acknowledged. */
async function fill(
  store: ReturnType<typeof openStore>,
): Promise<{ kept: string[]; error: StoreUnavailable }> {
  const kept: string[] = [];
  for (let at = 0; at < 1000; at++) {
    try {
      await store.executions.create(newExecution(`e${at}`, { variables: big }), [
        event('execution.submitted'),
      ]);
      kept.push(`e${at}`);
    } catch (error) {
      return { kept, error: error as StoreUnavailable };
    }
  }
  throw new Error('never full');
}

async function expectKept(dataDir: string, kept: string[]): Promise<void> {
  const store = openStore({ dataDir });
  const found = (await store.reader.list({ limit: 10_000 })).map(({ id }) => id).reverse();
  expect(found).toEqual(kept);
  expect((await store.reader.feed(0, 10_000)).events).toHaveLength(kept.length);
  await store.executions.create(newExecution('after'), []);
  store.close();
}

describe('a store that can not go on', () => {
  it('fails every call once the file can not grow, and loses nothing it acknowledged', async () => {
    const dataDir = temporaryFolder();
    const store = openStore({ dataDir, pagesMax: 100 });
    const failures: StoreUnavailable[] = [];
    store.onFailure((error) => failures.push(error));
    const { kept, error } = await fill(store);
    expect(kept.length).toBeGreaterThan(3);
    expect(error).toMatchObject({ name: 'StoreUnavailable', kind: 'unavailable' });
    expect(error.message).toMatch(/holdfast\.db.*disk is full/);
    expect(error.fix).toMatch(/Free some space/);
    expect(failures).toEqual([error]);
    await expect(store.executions.create(newExecution('later'), [])).rejects.toBe(error);
    await expect(store.executions.get('e0')).rejects.toBe(error);
    expect(await store.reader.get('e0')).toMatchObject({ id: 'e0', variables: big });
    store.close();
    await expectKept(dataDir, kept);
  });

  it('rejects all who wait for a batch that can not be committed', async () => {
    const store = openStore({ dataDir: temporaryFolder(), pagesMax: 80 });
    const writes = Array.from({ length: 60 }, (_, at) =>
      store.executions.create(newExecution(`e${at}`, { variables: big }), []),
    );
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(await store.reader.list({ limit: 100 })).toEqual([]);
    store.close();
  });

  it('fails in the same way on a file system that is really full', async ({ skip }) => {
    const dataDir = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dataDir], { stdio: 'ignore' });
    } catch {
      skip('needs leave to mount a small tmpfs');
    }
    onTestFinished(() => void execFileSync('umount', [dataDir]));
    const store = openStore({ dataDir });
    const { kept, error } = await fill(store);
    expect(kept.length).toBeGreaterThan(3);
    expect(error).toMatchObject({ name: 'StoreUnavailable' });
    store.close();
    execFileSync('mount', ['-o', 'remount,size=16m', dataDir]);
    await expectKept(dataDir, kept);
  });

  it('refuses a file that is no database, and leaves it as it is', () => {
    const dataDir = temporaryFolder();
    const file = join(dataDir, 'holdfast.db');
    writeFileSync(file, 'this is not a database, whatever its name says '.repeat(50));
    const before = readFileSync(file);
    const error = refusal(dataDir);
    expect(error.name).toBe('StoreUnavailable');
    expect(error.message).toMatch(/holdfast\.db is not an SQLite database/);
    expect(error.fix).toMatch(/another data directory/);
    expect(readFileSync(file)).toEqual(before);
  });

  it('refuses a damaged file, and names the way out', async () => {
    const dataDir = temporaryFolder();
    const store = openStore({ dataDir });
    await store.executions.create(newExecution('e1'), []);
    store.close();
    const file = join(dataDir, 'holdfast.db');
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 100, 4096);
    writeFileSync(file, bytes);
    const error = refusal(dataDir);
    expect(error.name).toBe('StoreUnavailable');
    expect(error.message).toMatch(/is damaged/);
    expect(error.fix).toMatch(/backup/);
  });

  it('refuses a database of another program', () => {
    const dataDir = temporaryFolder();
    const other = new DatabaseSync(join(dataDir, 'holdfast.db'));
    other.exec('CREATE TABLE recipes (name)');
    other.close();
    expect(refusal(dataDir).message).toMatch(/another program/);
  });

  it('refuses a directory it can not write to', ({ skip }) => {
    const readOnly = temporaryFolder();
    const file = join(readOnly, 'file');
    writeFileSync(file, '');
    expect(refusal(join(file, 'data')).message).toMatch(/can not be written to/);
    if (process.getuid?.() === 0) {
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,ro', 'tmpfs', readOnly], { stdio: 'ignore' });
      } catch {
        skip('root may write anywhere, and can not mount a read-only tmpfs here');
      }
      onTestFinished(() => void execFileSync('umount', [readOnly]));
    } else {
      chmodSync(readOnly, 0o555);
      onTestFinished(() => chmodSync(readOnly, 0o755));
    }
    const error = refusal(readOnly);
    expect(error.message).toMatch(new RegExp(`${readOnly} can not be written to`));
    expect(error.fix).toMatch(/--data-dir/);
  });

  it('makes a data directory that is missing', () => {
    const dataDir = join(temporaryFolder(), 'a', 'b');
    openStore({ dataDir }).close();
    mkdirSync(dataDir, { recursive: true });
    expect(readFileSync(join(dataDir, 'holdfast.db')).byteLength).toBeGreaterThan(0);
  });
});
