import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SimulationReport } from '../../core/simulator/report.ts';
import { simulate } from '../../embedded/simulation/simulate.ts';
import { read } from '../docs/documents.ts';
import { runCommand } from './run-command.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'holdfast-simulate-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (argv: string[], cwd = folder) =>
  runCommand(['simulate', ...argv], { cwd, simulate: (request) => simulate({ ...request, logger }) });

const SCENARIO = `
for: 2m
nodes: [{ id: a }, { id: b }]
links: [{ from: a, to: b, rateBitsPerSecond: 64000, delayTrace: rtt.csv }]
traffic: [{ from: a, to: b, sizeBytes: 1000, precedence: flash, count: 2, every: 10s }]
`;

test('prints what the document says', async () => {
  const { code, out, err } = await run(
    ['examples/simulate/outage.yaml'],
    resolve(import.meta.dirname, '../..'),
  );
  expect([code, err]).toEqual([0, '']);
  expect(read('docs/simulate.md')).toContain(out.trimEnd());
}, 120_000);

test('reads the files of a scenario from beside it, and prints one object with --json', async () => {
  await writeFile(join(folder, 'traced.yaml'), SCENARIO);
  await writeFile(join(folder, 'rtt.csv'), 'relative,rtt\n0,400\n');
  const { code, out } = await run(['traced.yaml', '--json', '--seed', '7']);
  expect(code).toBe(0);
  const report = JSON.parse(out) as SimulationReport;
  expect(report).toMatchObject({ seed: 7, precedences: [{ precedence: 'flash', offered: 2, delivered: 2 }] });
  expect(report.precedences[0]!.meanDelayMs!).toBeGreaterThan(200);
});

test('refuses what is no scenario with exit code 2, naming line or field', async () => {
  await writeFile(join(folder, 'wrong.yaml'), SCENARIO.replace('sizeBytes', 'size'));
  const wrong = await run(['wrong.yaml']);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('traffic[0].size');
  const seed = await run(['wrong.yaml', '--seed', 'x']);
  expect([seed.code, seed.err.includes('--seed')]).toEqual([2, true]);
  await writeFile(join(folder, 'lone.yaml'), SCENARIO.replace('rtt.csv', 'none.csv'));
  const lone = await run(['lone.yaml']);
  expect([lone.code, lone.err.includes('none.csv')]).toEqual([2, true]);
});
