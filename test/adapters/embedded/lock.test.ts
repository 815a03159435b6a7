import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import type { StoreUnavailable } from '../../../core/errors.ts';
import { temporaryFolder } from './temporary.ts';

const storeModule = join(import.meta.dirname, '../../../adapters/embedded/store.ts');

/** Another process that holds the store until it is killed. */
async function holder(dataDir: string): Promise<ChildProcess> {
  const program = `
    const { openStore } = await import(${JSON.stringify(storeModule)});
    openStore({ dataDir: ${JSON.stringify(dataDir)}, startedMs: Date.UTC(2026, 0, 2, 3, 4, 5) });
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

describe('the writer lock', () => {
  it('refuses a second host and names the first, its start and what to do', async () => {
    const dataDir = temporaryFolder();
    const { pid } = await holder(dataDir);
    let error: StoreUnavailable | undefined;
    try {
      openStore({ dataDir });
    } catch (caught) {
      error = caught as StoreUnavailable;
    }
    expect(error?.name).toBe('StoreUnavailable');
    expect(error?.message).toContain(dataDir);
    expect(error?.message).toContain(`process ${pid}`);
    expect(error?.message).toContain('2026-01-02T03:04:05.000Z');
    expect(error?.fix).toContain(`kill ${pid}`);
  });

  it('does not outlive a holder that was killed', async () => {
    const dataDir = temporaryFolder();
    const child = await holder(dataDir);
    child.kill('SIGKILL');
    await once(child, 'exit');
    openStore({ dataDir }).close();
  });

  it('refuses a second host in the same process, until the first is closed', () => {
    const dataDir = temporaryFolder();
    const first = openStore({ dataDir });
    expect(() => openStore({ dataDir })).toThrow(new RegExp(`process ${process.pid}`));
    expect(() => openStore({ dataDir })).toThrow(/in use/);
    first.close();
    openStore({ dataDir }).close();
  });
});
