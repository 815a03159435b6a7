/** A host whose disk fails it says so to everyone who asks, and loses nothing that it acknowledged. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest';
import { type EmbeddedHost, openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import { httpTo } from '../e2e/http.ts';
import { spawnHost } from './host.ts';

const WAITS = {
  name: 'waits',
  variables: [{ name: 'text', default: '' }],
  tasks: [{ id: 'go', type: 'signal' }],
  output: '${text}',
};
const big = 'x'.repeat(20_000);

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function open(dataDir: string, port = 0): Promise<EmbeddedHost> {
  const host = await openHost({ dataDir, port, logger: createLogger('silent') });
  onTestFinished(() => host.close());
  return host;
}

/** A file system of its own for `dir`, as only root can make one. */
function mountSmall(dir: string, size: string, skip: TestContext['skip']): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    skip('needs leave to mount a small tmpfs');
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', dir]));
}
const remount = (dir: string, options: string) =>
  execFileSync('mount', ['-o', `remount,${options}`, dir], { stdio: 'ignore' });

/** A store with executions in it, closed; their ids. */
async function storeWith(dataDir: string, executions: number): Promise<string[]> {
  const host = await openHost({ dataDir, port: 0, logger: createLogger('silent') });
  const http = httpTo(host.url);
  await http.post('/workflows', WAITS);
  const ids: string[] = [];
  for (let at = 0; at < executions; at++) {
    const { body } = await http.post('/workflows/waits/start', { variables: { text: big } });
    ids.push(body.executionId as string);
  }
  await host.close();
  return ids;
}

/** Sends each the signal that it waits for, and sees it end. */
async function expectAllGoOn(url: string, ids: readonly string[]): Promise<void> {
  const http = httpTo(url);
  for (const id of ids) {
    expect((await http.post(`/executions/${id}/signals/go`)).status).toBe(202);
    await http.get(`/executions/${id}/events?types=execution.succeeded&waitMs=20000`);
    expect((await http.get(`/executions/${id}`)).body).toMatchObject({ status: 'SUCCEEDED', output: big });
  }
}

describe('a disk that fills up', () => {
  test('stops the host from taking work, in so many words, and loses nothing that was acknowledged', async ({
    skip,
  }) => {
    const dataDir = folder();
    mountSmall(dataDir, '2m', skip);
    const host = await open(dataDir);
    const http = httpTo(host.url);
    await http.post('/workflows', WAITS);
    const kept: string[] = [];
    const start = () => http.post('/workflows/waits/start', { variables: { text: big } });
    let answer = await start();
    for (; answer.status === 202 && kept.length < 1000; answer = await start())
      kept.push(answer.body.executionId);

    expect(kept.length).toBeGreaterThan(3);
    const refusal = {
      status: 503,
      code: 'StoreUnavailable',
      detail: expect.stringMatching(/holdfast\.db can not grow: the disk is full/),
      fix: expect.stringMatching(/Free some space/),
    };
    expect(answer).toMatchObject({ status: 503, body: refusal });
    expect(await http.post(`/executions/${kept[0]}/cancel`)).toMatchObject({ status: 503, body: refusal });
    for (const path of ['/health', '/health/ready'])
      expect(await http.get(path)).toMatchObject({
        status: 503,
        body: {
          status: 'unavailable',
          checks: { store: { ok: false, detail: expect.stringContaining('disk is full') } },
        },
      });
    expect((await http.get('/health/live')).status).toBe(200);
    // What is there can still be looked at.
    expect((await http.get(`/executions/${kept[0]}`)).status).toBe(200);
    await host.close();

    remount(dataDir, 'size=32m');
    const again = await open(dataDir);
    expect((await httpTo(again.url).get('/health')).status).toBe(200);
    expect(new Set((await httpTo(again.url).list('/executions')).map((one) => one.executionId))).toEqual(
      new Set(kept),
    );
    await expectAllGoOn(again.url, kept);
  });
});

describe('a data directory that can not be used', () => {
  const damage: [string, (file: string) => void, RegExp, RegExp][] = [
    [
      'a file that is something else',
      (file) => writeFileSync(file, 'no database '.repeat(500)),
      /not an SQLite database/,
      /another data directory/,
    ],
    [
      'a file cut short',
      (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
      /is damaged/,
      /backup/,
    ],
    ['a file with flipped bytes', flipPages, /is damaged/, /backup/],
    ['a file that a newer program wrote', bumpVersion, /schema version 999/, /newer Holdfast/],
  ];

  test.each(damage)(
    'refuses %s, leaves it as it is, and takes the backup of it',
    async (_, spoil, message, fix) => {
      const dataDir = folder();
      const ids = await storeWith(dataDir, 30);
      const file = join(dataDir, 'holdfast.db');
      const backup = readFileSync(file);
      spoil(file);
      const spoiled = readFileSync(file);
      const refusal = await open(dataDir).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refusal).toMatchObject({
        name: 'StoreUnavailable',
        message: expect.stringMatching(message),
        fix: expect.stringMatching(fix),
      });
      expect((refusal as Error).message).toContain(file);
      expect(readFileSync(file).equals(spoiled)).toBe(true);
      writeFileSync(file, backup);
      await expectAllGoOn((await open(dataDir)).url, ids);
    },
  );

  test('refuses one that became read-only, and goes on when it is writable again', async ({ skip }) => {
    const dataDir = folder();
    mountSmall(dataDir, '16m', skip);
    const ids = await storeWith(dataDir, 3);
    remount(dataDir, 'ro');
    await expect(open(dataDir)).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining(`${dataDir} can not be written to`),
      fix: expect.stringContaining('--data-dir'),
    });
    remount(dataDir, 'rw');
    await expectAllGoOn((await open(dataDir)).url, ids);
  });

  test("refuses a second host, which names the first; a killed one is in nobody's way", async () => {
    const dataDir = folder();
    const first = spawnHost({ dataDir });
    onTestFinished(() => first.kill('SIGKILL'));
    const url = await first.ready;
    const second = spawnHost({ dataDir });
    await expect(second.ready).rejects.toThrow(
      new RegExp(`StoreUnavailable.*${dataDir} is in use by process ${first.pid}.*kill ${first.pid}`),
    );
    expect((await httpTo(url).get('/health')).status).toBe(200);
    await first.kill('SIGKILL');
    const third = spawnHost({ dataDir });
    onTestFinished(() => third.kill('SIGKILL'));
    expect((await httpTo(await third.ready).get('/health')).status).toBe(200);
  });
});

describe('a port that is taken', () => {
  test('is named with the way out, and the data directory is let go', async () => {
    const dataDir = folder();
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    onTestFinished(() => void other.close());
    await expect(open(dataDir, port)).rejects.toMatchObject({
      name: 'AddressUnavailable',
      message: expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`),
      fix: expect.stringContaining('another port'),
    });
    expect((await httpTo((await open(dataDir)).url).get('/health')).status).toBe(200);
  });
});

/** Turns over bytes of every page but the first, and of a third of the file in a row. */
function flipPages(file: string): void {
  const bytes = readFileSync(file);
  const third = Math.floor(bytes.length / 3);
  for (let at = third; at < 2 * third; at++) bytes[at] = bytes[at]! ^ 0xff;
  writeFileSync(file, bytes);
}

function bumpVersion(file: string): void {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 999');
  db.close();
}
