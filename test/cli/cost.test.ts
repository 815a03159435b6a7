import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../cli/index.ts';
import { openHost } from '../../embedded/host.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'holdfast-cost-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

async function cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await runCli(argv, {
    async openHost(options) {
      const host = await openHost({ ...options, logger: quiet });
      return { url: host.url, token: options.token, close: () => host.close() };
    },
    version: '1.2.3',
    examplesDir: cwd,
    cwd,
    env: { HOLDFAST_PORT: '9' },
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    readStdin: async () => '',
    onInterrupt: () => () => {},
  });
  return { code, out, err };
}

async function ran(): Promise<string> {
  const tasks = [
    { id: 'a', type: 'pass' },
    { id: 'm', type: 'map', dependsOn: ['a'], input: { items: [1, 2], task: { type: 'pass' } } },
  ];
  writeFileSync(join(cwd, 'w.json'), JSON.stringify({ name: 'w', tasks }));
  return (JSON.parse((await cli('run', 'w.json', '--json')).out) as { executionId: string }).executionId;
}

test('shows the bill of an execution that ran on another host, by service and unit', async () => {
  const id = await ran();
  const { code, out } = await cli('cost', id);
  expect(code).toBe(0);
  const [head, ...rows] = out.trimEnd().split('\n');
  expect(head).toMatch(/^SERVICE +UNIT +QUANTITY +USD +USD A MILLION TASKS$/);
  expect(rows.find((row) => row.includes('state transitions'))).toMatch(/ 12 +\$0\.00030000 /);
  expect(rows.at(-1)).toBe(
    `${id}  4 tasks, 1 child execution among them; on AWS in us-east-1 at list prices of 2026-11-21`,
  );
});

test('prints one object', async () => {
  const id = await ran();
  const { out } = await cli('cost', id, '--json');
  expect(JSON.parse(out)).toMatchObject({ executionId: id, tasks: 4, executions: 2 });
});

test('fails for an execution that there is not, and says where to look', async () => {
  const { code, err } = await cli('cost', 'nope');
  expect(code).not.toBe(0);
  expect(err).toContain('There is no execution "nope".');
});
