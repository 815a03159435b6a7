import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SimulationReport } from '../../core/simulator/report.ts';
import { filesOf, parseScenario } from '../../core/simulator/scenario.ts';
import { simulate } from '../../embedded/simulation/simulate.ts';

const errors: string[] = [];
const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) };
const examples = join(import.meta.dirname, '../../examples/simulate');
const read = (name: string) => readFileSync(join(examples, name), 'utf8');

const run = (text: string, seed = 1, files: Record<string, string> = {}) =>
  simulate({ scenario: parseScenario(text, 'yaml', 'scenario'), files, seed, logger });

const LOSSY = `
for: 5m
nodes: [{ id: a }, { id: b }]
links: [{ from: a, to: b, rateBitsPerSecond: 64000, delayMs: 50, jitterMs: 40, lossRatio: 0.2 }]
traffic: [{ from: a, to: b, sizeBytes: 1000, lifetime: 4m, every: 5s, count: 30 }]
`;

function expectConserved({ nodes }: SimulationReport): void {
  for (const { id, custody } of nodes) {
    const { accepted, ...others } = custody;
    expect(accepted.bundles, id).toBe(Object.values(others).reduce((sum, { bundles }) => sum + bundles, 0));
  }
}

describe('a simulation', () => {
  test('carries everything over what is left of an outage, and hands nothing to and fro', async () => {
    const scenario = parseScenario(read('outage.yaml'), 'yaml', 'outage.yaml');
    const files = Object.fromEntries(filesOf(scenario).map((name) => [name, read(name)]));
    const report = await simulate({ scenario, files, seed: 1, logger });
    expectConserved(report);
    expect(report.repeated).toBe(0);
    const of = (precedence: string) => report.precedences.find((one) => one.precedence === precedence);
    expect(of('flash')).toMatchObject({ offered: 19, delivered: 19, expired: 0 });
    expect(of('routine')).toMatchObject({ offered: 36, delivered: 36, expired: 0 });
    expect(of('flash')!.meanDelayMs!).toBeGreaterThan(1000);
    const sent = (from: string, to: string) =>
      report.links.find((one) => one.from === from && one.to === to && one.channel === 'satellite')!
        .sentBytes;
    expect(sent('camp', 'relay')).toBeGreaterThan(100_000);
    expect(sent('relay', 'camp')).toBeLessThan(sent('camp', 'relay') / 10);
    expect(report.nodes.find(({ id }) => id === 'camp')!.failovers).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  }, 120_000);

  test('gives the same report for the same seed, and another for another', async () => {
    const [first, again, other] = [await run(LOSSY), await run(LOSSY), await run(LOSSY, 2)];
    expect(first.precedences).toEqual([expect.objectContaining({ offered: 30, delivered: 30 })]);
    expect(again).toEqual(first);
    expect(other.links).not.toEqual(first.links);
    expectConserved(first);
  });

  test('expires what finds no way in its lifetime', async () => {
    const report = await run(
      LOSSY.replace('lossRatio: 0.2', 'outages: [{ from: 0s, to: 5m }]').replace(
        'lifetime: 4m',
        'lifetime: 1m',
      ),
    );
    const [routine] = report.precedences;
    expect(routine).toMatchObject({ offered: 30, delivered: 0 });
    expect(routine!.expired).toBeGreaterThan(20);
    expectConserved(report);
  });

  test('takes the rate of a link from a trace', async () => {
    const traced = LOSSY.replace('lossRatio: 0.2', 'rateTrace: slow.txt');
    // A packet of 1500 bytes every two seconds.
    const slow = Array.from({ length: 50 }, (_, packet) => packet * 2000).join('\n');
    const [fast, held] = [
      await run(LOSSY.replace('lossRatio: 0.2', 'lossRatio: 0')),
      await run(traced, 1, { 'slow.txt': slow }),
    ];
    expect(held.precedences[0]!.meanDelayMs!).toBeGreaterThan(fast.precedences[0]!.meanDelayMs! * 2);
  });
});

describe('a scenario', () => {
  const refused = (text: string) => {
    try {
      parseScenario(text, 'yaml', 'scenario');
    } catch (error) {
      return (error as { issues: { path: string; message: string }[] }).issues.map(({ path }) => path);
    }
    return 'nothing is refused';
  };

  test.each([
    ['for: 5m', 'for: soon', 'for'],
    ['for: 5m', 'for: 8d', 'for'],
    ['{ id: b }', '{ id: a }', 'nodes[1].id'],
    ['to: b, rate', 'to: c, rate', 'links[0].to'],
    ['lossRatio: 0.2', 'lossRatio: 2', 'links[0].lossRatio'],
    ['lossRatio: 0.2', 'outages: [{ from: 2m, to: 1m }]', 'links[0].outages[0]'],
    ['sizeBytes: 1000', 'sizeBytes: 1', 'traffic[0].sizeBytes'],
    ['sizeBytes: 1000', 'sizeBytes: 1000, precedence: urgent', 'traffic[0].precedence'],
    ['lifetime: 4m', 'lifetimes: 4m', 'traffic[0].lifetimes'],
  ])('refuses to have %s as %s, and names the field', (right, wrong, path) => {
    expect(refused(LOSSY)).toBe('nothing is refused');
    expect(refused(LOSSY.replace(right, wrong))).toContain(path);
  });

  test('refuses two links of one channel between the same nodes', () => {
    const twice = LOSSY.replace('links: [', 'links: [{ from: b, to: a, rateBitsPerSecond: 1000 }, ');
    expect(refused(twice)).toEqual(['links[1]', 'links[1]']);
  });
});
