import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CliDeps } from '../../cli/index.ts';
import { type Folder, openFolder, openQuietHost, type Ran, runCommand } from './run-command.ts';

let folder: Folder;
let opened: number;

beforeEach(() => {
  folder = openFolder();
  opened = 0;
});
afterEach(() => folder.remove());

async function cli(
  argv: string[],
  more: Partial<CliDeps> & { interrupt?: Promise<void> } = {},
): Promise<Ran> {
  const { interrupt, ...deps } = more;
  return runCommand(argv, {
    async openHost(options) {
      opened++;
      return openQuietHost(options);
    },
    examplesDir: join(import.meta.dirname, '..', '..', 'examples'),
    cwd: folder.path,
    // A port that nobody listens on, so that no host of this machine is found.
    env: { HOLDFAST_PORT: '9' },
    onInterrupt(stop) {
      void interrupt?.then(stop);
      return () => {};
    },
    ...deps,
  });
}

const file = (name: string, content: object | string) => folder.file(name, content);

const fine = {
  name: 'fine',
  variables: [
    { name: 'n', type: 'integer', default: 2 },
    { name: 'who', type: 'string', default: 'you' },
  ],
  tasks: [{ id: 'a', type: 'pass', input: { n: '${n}', who: '${who}' } }],
  output: '${a.output}',
};
const failing = {
  name: 'failing',
  tasks: [{ id: 'a', type: 'transform', input: { expression: '$error("no")' } }],
};
const parked = { name: 'parked', tasks: [{ id: 'a', type: 'resize' }] };
const gated = {
  name: 'gated',
  tasks: [{ id: 'gate', type: 'parallel', input: { tasks: [{ id: 'ok', type: 'approval' }] } }],
};

/** `tool --json` prints one line, one object, nothing else. */
const onlyJson = (out: string): Record<string, unknown> => {
  expect(out.trimEnd()).not.toContain('\n');
  return JSON.parse(out) as Record<string, unknown>;
};

describe('run', () => {
  test('exits 0 when it succeeded, and prints one JSON object', async () => {
    const ran = await cli(['run', file('w.json', fine), '--var', 'n=5', '--var', 'who=7', '--json']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(onlyJson(ran.out)).toEqual({
      executionId: expect.any(String),
      status: 'SUCCEEDED',
      tasks: { total: 1, succeeded: 1, failed: 0, skipped: 0 },
      makespanMs: expect.any(Number),
      output: { n: 5, who: '7' },
      errors: [],
    });
  });

  test('shows plain lines without a terminal', async () => {
    const { code, out } = await cli(['run', file('w.json', fine), '--vars-file', file('v.json', { n: 9 })]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /a succeeded\n.*fine succeeded\nfine SUCCEEDED: 1 task succeeded, in .*\n\n\{\n {2}"n": 9,/,
    );
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(out).not.toMatch(/\u001b/);
  });

  test('exits 1 when it failed, with the reason', async () => {
    const ran = await cli(['run', file('w.json', failing), '--json']);
    expect(ran.code).toBe(1);
    expect(onlyJson(ran.out)).toMatchObject({
      status: 'FAILED',
      tasks: { failed: 1 },
      errors: [{ taskId: 'a', error: 'TransformFailed' }],
    });
    expect((await cli(['run', 'w.json'])).out).toContain('✗ a  TransformFailed');
  });

  test("uses the workflow's own tasks and those of the working directory", async () => {
    mkdirSync(join(folder.path, 'flows', 'tasks'), { recursive: true });
    mkdirSync(join(folder.path, 'tasks'));
    file('flows/tasks/near.ts', 'export const handler = () => "near";');
    file('tasks/here.ts', 'export const handler = () => "here";');
    file('flows/w.json', {
      name: 'own',
      tasks: [
        { id: 'a', type: 'near' },
        { id: 'b', type: 'here' },
      ],
      output: '${outputs}',
    });
    const ran = await cli(['run', 'flows/w.json', '--json']);
    expect(onlyJson(ran.out)).toMatchObject({ status: 'SUCCEEDED', output: ['near', 'here'] });
  });

  test('reads standard input', async () => {
    const ran = await cli(['run', '-', '--json'], {
      readStdin: async () => 'name: s\ntasks:\n  - {id: a, type: pass}\n',
    });
    expect(onlyJson(ran.out)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('exits 1 at a parked task that nobody can move, says why, and keeps the execution', async () => {
    const ran = await cli(['run', file('w.json', parked)]);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('a PARKED: nobody offers the task type "resize"');
    expect(ran.err).toContain('add tasks/resize.ts');
    expect(ran.err).toContain('npx holdfast start --data-dir');
    mkdirSync(join(folder.path, 'tasks'));
    file('tasks/resize.ts', 'export const handler = () => "resized";');
    const id = /Execution (\S+) is kept/.exec(ran.err)![1]!;
    expect(await cli(['watch', id, '--json'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('"SUCCEEDED"'),
    });
  });

  test('exits 1 at an approval inside a child, and goes on when it is signalled', async () => {
    const ran = await cli(['run', file('w.json', gated)]);
    expect(ran.code).toBe(1);
    const [, child, name] = /npx holdfast signal (\S+) (\S+)/.exec(ran.err)!;
    expect((await cli(['signal', child!, name!, '--payload', '{"approved": true}'])).code).toBe(0);
    const { out } = await cli(['ls', '--json']);
    expect(JSON.parse(out)).toMatchObject([{ workflow: 'gated', status: 'SUCCEEDED' }]);
  });

  test('leaves the execution to be taken up again when it is interrupted', async () => {
    const slow = { name: 'slow', tasks: [{ id: 'a', type: 'wait', input: { ms: 700 } }] };
    const ran = await cli(['run', file('w.json', slow)], {
      interrupt: new Promise((resolve) => setTimeout(resolve, 300)),
    });
    expect(ran.code).toBe(130);
    const id = /Execution (\S+) is kept/.exec(ran.err)![1]!;
    expect((await cli(['watch', id])).code).toBe(0);
  });
});

describe('bad input exits 2 before anything is opened', () => {
  test.each([
    ['a missing file', ['run', 'none.yaml'], 'there is no such file'],
    ['a folder', ['run', '.'], 'it is a folder'],
    ['an unknown command', ['rum', 'x'], 'Did you mean run?'],
    ['an unknown flag', ['run', 'x', '--jsn'], 'Did you mean --json?'],
    ['a missing argument', ['show'], "missing required argument 'id'"],
    ['an unknown variable', ['run', 'fine.json', '--var', 'wo=1'], 'did you mean "who"?'],
    ['a variable of the wrong type', ['run', 'fine.json', '--var', 'n=many'], '"n" takes integer'],
    ['a variable without a value', ['run', 'fine.json', '--var', 'n'], '--var takes name=value'],
    ['an address that is none', ['ls', '--api', 'nowhere'], 'is no address of a host'],
    ['a status that there is not', ['ls', '--status', 'FAILD'], 'Did you mean "FAILED"?'],
    ['a limit that is none', ['ls', '--limit', '0'], 'from 1 to 1000'],
    ['an output that is no JSON', ['redrive', 'ex', '--output', 'a={'], 'The output of a is not JSON'],
    ['a payload that is no JSON', ['signal', 'ex', 'ok', '--payload', 'yes'], '--payload is not JSON'],
    ['a recording that is none', ['import', 'wfformat', 'fine.json'], 'This is not WfFormat'],
    ['a time scale that is none', ['import', 'wfformat', 'fine.json', '--time-scale', '-1'], '--time-scale'],
    ['a port that is none', ['start', '--port', '99999'], 'is no port'],
  ])('%s', async (_what, argv, words) => {
    file('fine.json', fine);
    const ran = await cli(argv);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(words);
    expect(opened).toBe(0);
  });

  test('a definition that is refused, with file, line and fix', async () => {
    file(
      'bad.yaml',
      'name: bad\ntasks:\n  - id: one\n    type: pass\n    dependsOn: [tow]\n  - id: two\n    type: pass\n',
    );
    for (const command of ['run', 'validate']) {
      const ran = await cli([command, 'bad.yaml', '--json']);
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err).toMatch(/bad\.yaml:5:\d+ .*tow/);
      expect(ran.err).toContain('fix:');
    }
    expect(opened).toBe(0);
  });

  test('--detach without a host that stays', async () => {
    expect(await cli(['run', file('w.json', fine), '--detach'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('holdfast start'),
    });
  });

  test('an execution that there is not', async () => {
    for (const argv of [
      ['show', 'ex_none'],
      ['watch', 'ex_none'],
      ['cancel', 'ex_none'],
      ['redrive', 'ex_none'],
    ])
      expect(await cli(argv)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('ex_none') });
  });
});

test('help and version exit 0', async () => {
  expect(await cli([])).toMatchObject({ code: 0, out: expect.stringContaining('Usage: holdfast') });
  expect(await cli(['run', '--help'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('--vars-file'),
  });
  expect(await cli(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
});

test('what failed is looked at, then redriven with an output, or skipped', async () => {
  file('w.json', {
    name: 'two',
    tasks: [...failing.tasks, { id: 'b', type: 'pass', dependsOn: ['a'], input: '${a.output}' }],
    output: '${b.output}',
  });
  const { executionId: id } = onlyJson((await cli(['run', 'w.json', '--json'])).out) as {
    executionId: string;
  };
  const { out } = await cli(['show', id]);
  expect(out).toMatch(/a\s+transform\s+FAILED/);
  expect(out).toMatch(/b\s+pass\s+SKIPPED/);
  expect((await cli(['show', id, '--task', 'a'])).out).toContain('TransformFailed');
  const redriven = await cli(['redrive', id, '--output', 'a={"rows":3}', '--json']);
  expect(redriven.code).toBe(0);
  expect(onlyJson(redriven.out)).toMatchObject({ executionId: id, status: 'SUCCEEDED', output: { rows: 3 } });
  const again = onlyJson((await cli(['restart', id, '--json'])).out) as { executionId: string };
  expect(again).toMatchObject({ status: 'FAILED' });
  expect((await cli(['redrive', again.executionId, '--skip', 'a'])).code).toBe(0);
});

test('import turns a recording into a workflow that runs', async () => {
  const recording = {
    name: 'recorded',
    schemaVersion: '1.5',
    workflow: {
      specification: {
        tasks: [
          { id: 'first', name: 'first', parents: [], children: ['second'] },
          { id: 'second', name: 'second', parents: ['first'], children: [] },
        ],
      },
      execution: {
        tasks: [
          { id: 'first', runtimeInSeconds: 2 },
          { id: 'second', runtimeInSeconds: 1 },
        ],
      },
    },
  };
  const { code, out } = await cli(['import', 'wfformat', file('r.json', recording), '--time-scale', '0.001']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ tasks: [{ id: 'first', input: { ms: 2 } }, { id: 'second' }] });
  expect((await cli(['run', '-', '--json'], { readStdin: async () => out })).code).toBe(0);
});

describe('start', () => {
  test('serves until it is stopped; commands find it, by address or by port', async () => {
    let stop = (): void => {};
    const started = { out: '' };
    const running = cli(['start', '--port', '0', '--json', '--token', 'a-token-for-the-cli-test'], {
      stdout: { write: (text) => (started.out += text) },
      interrupt: new Promise((resolve) => (stop = resolve)),
    });
    await expect.poll(() => started.out, { timeout: 10_000 }).toContain('url');
    const { url } = onlyJson(started.out) as { url: string };
    const env = { HOLDFAST_PORT: new URL(url).port };
    expect(await cli(['ls'], { env })).toMatchObject({
      code: 2,
      err: expect.stringContaining('HOLDFAST_TOKEN'),
    });
    const withToken = { env: { ...env, HOLDFAST_TOKEN: 'a-token-for-the-cli-test' } };
    const detached = await cli(['run', file('w.json', gated), '--detach'], withToken);
    expect(detached).toMatchObject({ code: 0, out: expect.stringMatching(/^ex_\w+\n$/) });
    const id = detached.out.trim();
    expect(await cli(['pause', id], withToken)).toMatchObject({ code: 0, out: `${id} PAUSED\n` });
    expect(await cli(['resume', id], withToken)).toMatchObject({ code: 0 });
    expect(await cli(['cancel', id, '--api', url, '--json'], withToken)).toMatchObject({
      code: 0,
      out: expect.stringContaining('CANCELLED'),
    });
    expect(await cli(['watch', id, '--json'], withToken)).toMatchObject({ code: 1 });
    expect(opened).toBe(1);
    stop();
    expect((await running).code).toBe(0);
  });

  test('says who holds the data directory', async () => {
    let stop = (): void => {};
    const started = { out: '' };
    const running = cli(['start', '--port', '0'], {
      stdout: { write: (text) => (started.out += text) },
      interrupt: new Promise((resolve) => (stop = resolve)),
    });
    await expect.poll(() => started.out, { timeout: 10_000 }).toContain('listens on');
    expect(await cli(['ls'])).toMatchObject({ code: 1, err: expect.stringContaining('fix:') });
    stop();
    await running;
  });
});
