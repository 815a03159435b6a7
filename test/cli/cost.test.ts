import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Folder, openFolder, openQuietHost, runCommand } from './run-command.ts';

let folder: Folder;
beforeEach(() => {
  folder = openFolder();
});
afterEach(() => folder.remove());

const cli = (...argv: string[]) =>
  runCommand(argv, { openHost: openQuietHost, cwd: folder.path, env: { HOLDFAST_PORT: '9' } });

async function ran(): Promise<string> {
  const tasks = [
    { id: 'a', type: 'pass' },
    { id: 'm', type: 'map', dependsOn: ['a'], input: { items: [1, 2], task: { type: 'pass' } } },
  ];
  const { out } = await cli('run', folder.file('w.json', { name: 'w', tasks }), '--json');
  return (JSON.parse(out) as { executionId: string }).executionId;
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
