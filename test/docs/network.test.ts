/** The commands of docs/network.md, run in their order, say what the document shows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENDPOINTS } from '../../core/api/endpoints.ts';
import { routesQuery } from '../../core/api/network-requests.ts';
import { NETWORK_LIMITS } from '../../core/network/network.ts';
import { linkSchema, nodeSchema } from '../../core/network/network-schema.ts';
import { openFolder, runCommand } from '../cli/run-command.ts';
import { type ApiServer, openApiServer } from '../lambdas/api-server.ts';
import { blocksOf, proseOf } from './documents.ts';

const DOCUMENT = 'docs/network.md';
const blocks = blocksOf(DOCUMENT);

interface Shown {
  command: string;
  output: string;
}

/** Commands with output; those that show none need files of the reader's own. */
const shown: Shown[] = blocks
  .filter(({ text }) => text.startsWith('$ '))
  .flatMap(({ text }) => text.split(/^\$ npx holdfast /m).slice(1))
  .map((part) => ({
    command: part.slice(0, part.indexOf('\n')),
    output: part.slice(part.indexOf('\n') + 1),
  }))
  .filter(({ output }) => output !== '');

let server: ApiServer;
const folder = openFolder();
beforeAll(async () => {
  server = await openApiServer();
  for (const { text } of blocks) {
    const [, name] = /^# (\S+)\n/.exec(text) ?? [];
    if (name !== undefined) folder.file(name, text);
  }
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

test('there are commands to run', () => {
  expect(shown.length).toBeGreaterThanOrEqual(8);
});

test.each(shown)('npx holdfast $command', async ({ command, output }) => {
  let out = '';
  const screen = { write: (text: string) => (out += text) };
  await runCommand(command.split(' '), {
    cwd: folder.path,
    env: { HOLDFAST_API: server.url },
    stdout: screen,
    stderr: screen,
  });
  expect(out).toBe(output);
});

test('every field of nodes and links is told, and every parameter of routes', () => {
  const told = [...proseOf(DOCUMENT).matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const fields = [nodeSchema, linkSchema, routesQuery].flatMap(({ shape }) => Object.keys(shape));
  expect(fields.filter((name) => !told.includes(name) && !['from', 'to'].includes(name))).toEqual([]);
});

test('paths are those that there are', () => {
  const paths = [...proseOf(DOCUMENT).matchAll(/`((?:GET|POST|DELETE) \/[\w/{}-]+)/g)].map(
    ([, path]) => path,
  );
  const known = Object.values(ENDPOINTS).map(({ method, path }) => `${method} ${path}`);
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !known.includes(path!))).toEqual([]);
});

test('limits are those that hold', () => {
  const section = proseOf(DOCUMENT).split('## Limits')[1]!;
  const elsewhere = ['capabilities', 'riskGroups', 'types', 'meshedSatellites'];
  const told = Object.entries(NETWORK_LIMITS).filter(([name]) => !elsewhere.includes(name));
  for (const [, limit] of told) expect(section).toContain(limit.toLocaleString('en-US'));
  expect(proseOf(DOCUMENT)).toContain(`offers, ${NETWORK_LIMITS.types} at most`);
  expect(proseOf(DOCUMENT)).toContain(`Up to\n${NETWORK_LIMITS.meshedSatellites} satellites`);
});
