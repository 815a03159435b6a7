/** The real command line in processes of its own, against a real host. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EmbeddedHost, openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import type { OpenEdgeOptions } from '../../cli/index.ts';
import { openFolder, runCommand } from './run-command.ts';

const TOKEN = 'operator-operator';
const BIN = join(import.meta.dirname, '../../bin/holdfast.ts');

let host: EmbeddedHost;
const folder = openFolder();
const running: ChildProcess[] = [];
beforeAll(async () => {
  host = await openHost({
    dataDir: ':memory:',
    port: 0,
    token: TOKEN,
    logger: createLogger('silent'),
  });
});
afterAll(async () => {
  for (const process of running) process.kill('SIGKILL');
  folder.remove();
});

const cli = async (...argv: string[]) => {
  const ran = await runCommand(argv, { env: { HOLDFAST_API: host.url, HOLDFAST_TOKEN: TOKEN } });
  expect(ran).toMatchObject({ code: 0, err: '' });
  return ran.out;
};

/** Runs until it is stopped; `out` grows. */
function edge(...argv: string[]) {
  const child = spawn(process.execPath, [BIN, 'edge', ...argv], { cwd: folder.path, stdio: 'pipe' });
  running.push(child);
  const ran = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.err += text));
  const ended = once(child, 'exit').then(([code]) => code as number);
  const stop = () => {
    child.kill('SIGINT');
    return ended;
  };
  return Object.assign(ran, { ended, stop });
}

const until = (what: () => unknown) => expect.poll(what, { timeout: 20_000, interval: 50 });

describe('holdfast edge', () => {
  test('joins by a token, takes work, and needs no more than its data directory to come back', {
    timeout: 90_000,
  }, async () => {
    const token = (await cli('join-token')).trim();
    const options = ['--id', 'edge-1', '--capability', 'camera', '--max-tasks', '3'];
    const first = edge('--join', host.url, '--token', token, ...options);
    await until(() => first.out).toContain('primary: connected');
    expect(first.out).toContain(
      `the node edge-1 has joined hub, the host at ${host.url}\n  data          .holdfast/edge\n`,
    );
    expect(first.out).toContain('\n  capabilities  camera\n');
    await until(() => cli('nodes')).toMatch(/^edge-1 +edge +- +0 of 3 +camera +nominal since/m);

    const { id } = await host.orchestrator.run({
      name: 'shots',
      tasks: [{ id: 'a', type: 'transform', capability: 'camera', input: { expression: '6 * 7' } }],
    });
    expect(await host.orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED', output: 42 });
    expect(await first.stop()).toBe(0);

    const again = edge();
    await until(() => again.out).toContain('primary: connected');
    expect(again.out).toContain(`the node edge-1 is back at hub, the host at ${host.url}\n`);
    expect(again.out).toContain('\n  capabilities  camera\n');
    await host.close();
    await until(() => again.out).toContain('primary: cut off; trying again');
    expect(await again.stop()).toBe(0);
    expect([first.err, await elsewhere()]).toEqual([
      '',
      [2, expect.stringContaining(`belongs to the host at ${host.url}, and http://127.0.0.1:1/ was given`)],
    ]);
  });

  async function elsewhere() {
    const other = edge('--join', 'http://127.0.0.1:1/');
    return [await other.ended, other.err];
  }

  test.each([
    [['edge', '--channel', 'primry'], /no channel "primry"\.\n  fix: Did you mean "primary"/],
    [['edge', '--position', '67.86'], /--position is "67.86"/],
    [['edge', '--position', '67.86,north'], /--position is "67.86,north"/],
    [['edge', '--max-tasks', '0'], /--max-tasks is "0"/],
  ])('refuses %j', async (argv, reason) => {
    const { code, err } = await runCommand(argv, {});
    expect([code, err]).toEqual([2, expect.stringMatching(reason)]);
  });

  test('tells what it is as JSON, and what it was given', async () => {
    let given: OpenEdgeOptions | undefined;
    const { out, code } = await runCommand(
      [
        'edge',
        '--json',
        '--join',
        'http://h/',
        '--position',
        '67.86,20.22',
        '--channel',
        'satellite=wss://s/',
      ],
      {
        env: { HOLDFAST_JOIN_TOKEN: 'tok' },
        async openEdge(options) {
          given = options;
          const brokerUrls = { satellite: 'wss://s/' };
          const told = { nodeId: 'n', hub: 'hub', hubUrl: 'http://h/', isNew: true, brokerUrls };
          return { ...told, capabilities: [], taskTypes: [], close: async () => {} };
        },
        onInterrupt: (stop) => {
          stop();
          return () => {};
        },
      },
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      nodeId: 'n',
      hub: 'hub',
      isNew: true,
      dataDir: '/.holdfast/edge',
    });
    expect(given).toMatchObject({
      hubUrl: 'http://h/',
      token: 'tok',
      position: { latitudeDegrees: 67.86, longitudeDegrees: 20.22, altitudeM: 0 },
      channels: [{ channel: 'satellite', url: 'wss://s/' }],
    });
  });
});
