import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf } from '../core/contact-plan/orbit/elements.ts';
import { type ApiServer, openApiServer } from '../lambdas/api-server.ts';
import { openFolder, runCommand } from './run-command.ts';

let server: ApiServer;
const { file, path: cwd, remove } = openFolder();
beforeAll(async () => {
  server = await openApiServer();
});
afterAll(async () => {
  await server.close();
  remove();
});

const cli = (...argv: string[]) =>
  runCommand(argv, { cwd, env: { HOLDFAST_API: server.url }, readStdin: async () => FILE });

const FILE = `
nodes:
  - { id: hq, kind: cloud }
  - { id: site, kind: edge, capabilities: [camera, gpu], position: { latitudeDegrees: 67.86, longitudeDegrees: 20.22 } }
  - { id: alone, kind: worker, concurrency: 4 }
links:
  - { id: fibre, from: hq, to: site, channel: primary, rateBitsPerSecond: 9600, delayMs: 12 }
`;

describe('holdfast nodes and links', () => {
  test('say what to do while there are none', async () => {
    expect((await cli('nodes')).out).toContain('npx holdfast nodes add FILE');
    expect((await cli('links')).out).toContain('npx holdfast links add FILE');
    expect(JSON.parse((await cli('nodes', '--json')).out)).toEqual([]);
  });

  test('register a file and list what is in it', async () => {
    expect(await cli('nodes', 'add', file('net.yaml', FILE))).toEqual({
      code: 0,
      out: 'now 3 nodes, 1 link (version 1)\n',
      err: '',
    });
    expect((await cli('links', 'add', '-')).out).toBe('nothing new: 3 nodes, 1 link (version 1)\n');
    expect((await cli('nodes')).out).toBe(
      [
        'NODE   KIND    POSITION      TASKS   CAPABILITIES  CONDITION',
        'alone  worker  -             - of 4  -             -',
        'hq     cloud   -             -       -             -',
        'site   edge    67.86, 20.22  -       camera, gpu   -',
        '',
      ].join('\n'),
    );
    expect((await cli('links')).out).toBe(
      [
        'LINK   FROM  TO    CHANNEL  RATE        DELAY  USABLE  MEASURED',
        'fibre  hq    site  primary  9.6 kbit/s  12 ms  always  -',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await cli('links', '--json')).out)).toMatchObject([{ id: 'fibre', delayMs: 12 }]);
  });

  test('refuse with place and fix', async () => {
    const wrong = await cli('nodes', 'add', file('wrong.yaml', 'nodes: [{ id: a, kind: egde }]'));
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('nodes[0].kind');
    expect(wrong.err).toContain('Did you mean "edge"?');
    const kept = await cli('nodes', 'rm', 'site');
    expect([kept.code, kept.err]).toEqual([2, expect.stringContaining('The link fibre would lead nowhere')]);
    expect((await cli('nodes', 'rm', 'nobody')).err).toContain('no node "nobody"');
  });

  test('remove', async () => {
    expect(await cli('nodes', 'rm', 'alone')).toMatchObject({ code: 0, out: 'removed the node alone\n' });
    expect(JSON.parse((await cli('nodes', 'rm', '--json', 'hq')).out || '{}')).toEqual({});
    expect(JSON.parse((await cli('nodes', '--json')).out)).toHaveLength(2);
  });
});

describe('holdfast routes', () => {
  test('tells hops and times', async () => {
    const { code, out } = await cli(
      'routes',
      'hq',
      'site',
      '--size',
      '1200',
      '--at',
      '2026-11-21T08:00:00Z',
      '--disjoint',
    );
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'arrives 2026-11-21 08:00:01 UTC, after 1.0 s',
        'FROM  TO    CHANNEL  OVER   DEPARTS (UTC)        ARRIVES              CLOSES',
        'hq    site  primary  fibre  2026-11-21 08:00:00  2026-11-21 08:00:01  -',
        '',
        'no disjoint pair: Any two routes share a node, a link or a risk group.',
        '',
      ].join('\n'),
    );
  });

  test('ends with 1 and the reason where there is none', async () => {
    const { code, out } = await cli('routes', 'site', 'hq');
    expect([code, out]).toEqual([1, expect.stringContaining('"hq" is known, but nothing reaches it before')]);
    const json = await cli('routes', 'site', 'hq', '--json');
    expect([json.code, JSON.parse(json.out)]).toEqual([1, expect.objectContaining({ route: null })]);
  });

  test.each<[string[], RegExp]>([
    [[], /from where to where/],
    [['hq'], /from where to where/],
    [['hq', 'site', '--strict'], /about files/],
    [['hq', 'site', '--plan', 'p'], /file of queries alone/],
    [['--plan', 'p'], /--queries is missing/],
    [['hq', 'site', '--precedence', 'flsh'], /Did you mean "flash"/],
    [['hq', 'site', '--at', 'noon'], /--at is "noon"/],
    [['hq', 'site', '--size', 'much'], /--size is "much"/],
    [['hq', 'site', '--size=-5'], /size/],
  ])('refuses %j', async (argv, reason) => {
    const { code, err } = await cli('routes', ...argv);
    expect([code, err]).toEqual([2, expect.stringMatching(reason)]);
    expect(err).toMatch(/fix: /);
  });
});

describe('holdfast satellites and contacts', () => {
  test('keep a constellation under the name of its file', async () => {
    const epoch = epochOfToday();
    const tle = file('leo sats.tle', textOf({ epoch, name: 'LEO 1', inclinationDeg: 86.4 }));
    expect((await cli('satellites', 'add', tle, '--rate', '1e6', '--min-elevation', '5')).out).toBe(
      'leo-sats: 1 satellite\n',
    );
    expect((await cli('satellites')).out.split('\n')[1]).toMatch(/^leo-sats +1 +1 Mbit\/s +5° +-$/);
    const passes = await cli('contacts', 'site', '--hours', '24');
    expect(passes.out).toMatch(/site +LEO 1 +1 Mbit\/s .*satellite +satellites:leo-sats/);
    expect((await cli('satellites', 'rm', 'leo-sats')).code).toBe(0);
  });

  test('keep a contact plan from when it starts', async () => {
    const plan = file('relay.txt', 'a contact +0 +600 hq moon 8000\na contact +60 +0 hq moon 8000\n');
    const refused = await cli('contacts', 'add', plan);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('--starts')]);
    const added = await cli('contacts', 'add', plan, '--starts', '2026-11-21', '--name', 'lunar');
    expect(added.out).toBe('lunar: 1 contact between 2 nodes\n');
    expect(added.err).toMatch(/^warning: .*line 2/);
    expect((await cli('contacts', 'plans')).out).toMatch(/^lunar +ion +1 +2 +2026-11-21 00:00:00$/m);
    const shown = await cli('contacts', '--at', '2026-11-21T00:01:00Z');
    expect(shown.out.split('\n')[1]).toMatch(/^2026-11-21 00:00:00 +10 min 00 s +hq +moon +64 kbit\/s/);
    expect((await cli('contacts', 'rm', 'lunar')).code).toBe(0);
    expect((await cli('contacts')).out).toContain('No contacts');
  });
});

function epochOfToday(): string {
  const now = new Date();
  const day = Math.floor((now.getTime() - Date.UTC(now.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  return `${String(now.getUTCFullYear() % 100)}${String(day).padStart(3, '0')}.00000000`;
}
