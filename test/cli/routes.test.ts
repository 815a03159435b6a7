import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasReferences, NETWORK_DATA } from '../../bench/network/contact-references.ts';
import { type Folder, openFolder, runCommand } from './run-command.ts';

let folder: Folder;
beforeEach(() => {
  folder = openFolder();
});
afterEach(() => folder.remove());

const routes = (...argv: string[]) =>
  runCommand(['routes', ...argv], {
    cwd: folder.path,
    readStdin: async () => JSON.stringify([{ src: 1, dst: 3, t: 0, size: 8000 }]),
  });
const file = (name: string, content: unknown) => folder.file(name, content);

const contact = (source: number, dest: number, more: object = {}) => ({
  source,
  dest,
  startTime: 0,
  endTime: 10,
  rateBitsPerSec: 8000,
  owlt: 1,
  ...more,
});
const hdtn = (...more: object[]) =>
  file('plan.json', { contacts: [contact(1, 2), contact(2, 3, { startTime: 5 }), ...more] });
const ask = (...queries: object[]) => file('queries.json', queries);

describe('holdfast routes', () => {
  test("prints one array of answers in the plan's units", async () => {
    const queries = ask({ src: 1, dst: 3, t: 0.5, size: 4000 }, { src: '3', dst: '1', t: 0, size: 0 });
    const { code, out, err } = await routes('--plan', hdtn(), '--queries', queries, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual([
      { src: 1, dst: 3, t: 0.5, size: 4000, arrival: 6.5, hops: 2, path: [1, 2, 3] },
      { src: '3', dst: '1', t: 0, size: 0, arrival: null, hops: null, path: null },
    ]);
  });

  test("takes sizes in bytes where ION's rates are bytes, and names nodes as the query does", async () => {
    const plan = file('plan.txt', 'a contact +0 +60 1 2 1000\na range +0 +60 1 2 1\n');
    const { out } = await routes(
      '--plan',
      plan,
      '--queries',
      ask({ src: '1', dst: '2', t: 3, size: 2000 }),
      '--json',
    );
    expect(JSON.parse(out)).toMatchObject([{ arrival: 6, hops: 1, path: ['1', '2'] }]);
  });

  test('shows people a table', async () => {
    const { out } = await routes('--plan', hdtn(), '--queries', '-');
    expect(out.trimEnd().split('\n')).toEqual([
      'FROM  TO  AT  SIZE  ARRIVES  HOPS  OVER',
      '1     3   0   8000  7        2     1 → 2 → 3',
      '',
      '1 route for 1 query',
    ]);
  });

  test('warns of what a plan holds in vain, and answers from the rest', async () => {
    const bad = Array.from({ length: 12 }, () => contact(2, 1, { startTime: 9, endTime: 8 }));
    const { code, out, err } = await routes('--plan', hdtn(...bad), '--queries', '-', '--json');
    expect([code, JSON.parse(out)]).toMatchObject([0, [{ arrival: 7 }]]);
    expect(err.trimEnd().split('\n')).toHaveLength(11);
    expect(err).toContain(
      'warning: plan.json: contacts[2]: it ends at 8 s and starts at 9 s; it is left out\n',
    );
    expect(err).toContain('warning: and 2 more; --strict refuses such a plan\n');
  });

  test('gives plans without rates the one of --rate', async () => {
    const plan = file('graph.json', {
      vertices: ['1', '3'],
      edges: [{ vertices: ['1', '3'], contacts: [[0, 60, 1]] }],
    });
    const [free, limited] = [[], ['--rate', '1000']].map((rate) =>
      routes('--plan', plan, '--queries', '-', '--json', ...rate),
    );
    expect(JSON.parse((await free!).out)).toMatchObject([{ arrival: 0 }]);
    expect(JSON.parse((await limited!).out)).toMatchObject([{ arrival: 8 }]);
    expect((await limited!).err).toBe('');
  });

  const good = { src: 1, dst: 3, t: 0, size: 0 };
  test.each<[string, object, string]>([
    ['an unknown source', { src: 7 }, 'queries.json: [1]: there is no node 7 in the plan.'],
    ['an unknown destination', { dst: 'x' }, 'queries.json: [1]: there is no node "x" in the plan.'],
    ['no source', { src: undefined }, 'queries.json: [1]: "src" is missing.'],
    ['no time', { t: null }, 'queries.json: [1]: "t" is null.'],
    ['a time that is text', { t: '5' }, 'queries.json: [1]: "t" is "5".'],
    ['a negative size', { size: -1 }, 'queries.json: [1]: "size" is -1.'],
    ['an absurd size', { size: 1e300 }, 'queries.json: [1]: "size" is 1e+300.'],
  ])('refuses a query with %s, and says which', async (_, wrong, message) => {
    const { code, out, err } = await routes(
      '--plan',
      hdtn(),
      '--queries',
      ask(good, { ...good, ...wrong }),
      '--json',
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain('fix: ');
  });

  test.each<[string, () => string[], string]>([
    [
      'a plan that is no plan',
      () => ['--plan', file('p', 'hello'), '--queries', '-'],
      'p:1: "hello" is no line of a contact plan.',
    ],
    [
      'a plan that is cut off',
      () => ['--plan', file('p', '{"contacts": [{'), '--queries', '-'],
      'p is not JSON: ',
    ],
    ['queries that are no list', () => ['--plan', hdtn(), '--queries', file('q', '{}')], 'q holds no list.'],
    ['queries that are no JSON', () => ['--plan', hdtn(), '--queries', file('q', '[')], 'q is not JSON'],
    [
      'a query that is no object',
      () => ['--plan', hdtn(), '--queries', file('q', '[1]')],
      'q: [0] is no object.',
    ],
    [
      'both from standard input',
      () => ['--plan', '-', '--queries', '-'],
      '--plan and --queries are both standard input.',
    ],
    ['a rate of nothing', () => ['--plan', hdtn(), '--queries', '-', '--rate', '0'], '--rate is "0".'],
    ['a file that is not there', () => ['--plan', 'nope', '--queries', '-'], "nope can't be read"],
    [
      'with --strict a plan that would lose something',
      () => ['--plan', hdtn(contact(1, 1)), '--queries', '-', '--strict'],
      'plan.json: contacts[2]: it leads from 1 to itself.',
    ],
  ])('refuses %s', async (_, argv, message) => {
    const { code, out, err } = await routes(...argv());
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});

test.skipIf(!hasReferences)("answers A-SABR's queries as recorded (needs ../shared/data)", async () => {
  const expected = join(NETWORK_DATA, 'asabr-sample1-expected.json');
  const plan = join(NETWORK_DATA, 'asabr-sample1.json');
  const { out } = await routes('--plan', plan, '--queries', expected, '--json');
  const answers = JSON.parse(out) as {
    arrival: number | null;
    path: string[];
    src: string;
    dst: string;
    hops: number;
  }[];
  const recorded = JSON.parse(readFileSync(expected, 'utf8')) as { arrival: number | null }[];
  const rounded = (list: { arrival: number | null }[]) => list.map(({ arrival }) => arrival?.toFixed(6));
  expect(rounded(answers)).toEqual(rounded(recorded));
  for (const { arrival, path, src, dst, hops } of answers)
    if (arrival !== null) expect([path[0], path.at(-1), path.length]).toEqual([src, dst, hops + 1]);
});
