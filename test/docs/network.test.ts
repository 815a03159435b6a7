/** The commands of docs/network.md, run in their order, say what the document shows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve, type ServerType } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliDeps, runCli } from '../../cli/index.ts';
import { ENDPOINTS } from '../../core/api/endpoints.ts';
import { routesQuery } from '../../core/api/network-requests.ts';
import { NETWORK_LIMITS } from '../../core/network/network.ts';
import { linkSchema, nodeSchema } from '../../core/network/network-schema.ts';
import { type ApiHost, openApiHost } from '../lambdas/api-host.ts';
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

let host: ApiHost;
let server: ServerType;
let url: string;
let cwd: string;
beforeAll(async () => {
  host = await openApiHost();
  cwd = mkdtempSync(join(tmpdir(), 'holdfast-docs-'));
  for (const { text } of blocks) {
    const [, name] = /^# (\S+)\n/.exec(text) ?? [];
    if (name !== undefined) writeFileSync(join(cwd, name), text);
  }
  await new Promise<void>((resolve) => {
    server = serve({ fetch: host.app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      url = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
});
afterAll(async () => {
  server.close();
  await host.close();
  rmSync(cwd, { recursive: true });
});

test('there are commands to run', () => {
  expect(shown.length).toBeGreaterThanOrEqual(8);
});

test.each(shown)('npx holdfast $command', async ({ command, output }) => {
  let out = '';
  const deps = {
    version: '0',
    cwd,
    env: { HOLDFAST_API: url },
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (out += text) },
  };
  await runCli(command.split(' '), deps as unknown as CliDeps);
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
  const elsewhere = ['capabilities', 'riskGroups', 'meshedSatellites'];
  const told = Object.entries(NETWORK_LIMITS).filter(([name]) => !elsewhere.includes(name));
  for (const [, limit] of told) expect(section).toContain(limit.toLocaleString('en-US'));
  expect(proseOf(DOCUMENT)).toContain(`Up to\n${NETWORK_LIMITS.meshedSatellites} satellites`);
});
