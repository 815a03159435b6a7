import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasOrbits, readOrbits } from '../../bench/network/orbit-references.ts';
import type { Pass } from '../../core/contact-plan/orbit/passes.ts';
import { linesOf, textOf } from '../core/contact-plan/orbit/elements.ts';
import { type Folder, openFolder, runCommand } from './run-command.ts';

let folder: Folder;
beforeEach(() => {
  folder = openFolder();
});
afterEach(() => folder.remove());

const passes = (...argv: string[]) =>
  runCommand(['passes', ...argv], {
    cwd: folder.path,
    readStdin: async () => textOf({ name: 'FROM STDIN' }),
  });
const file = (text: string) => folder.file('set.tle', text);

const kiruna = ['--station', 'kiruna,67.86,20.22,400'];
const polar = { name: 'POLAR 1', inclinationDeg: 86.4, revolutionsPerDay: 14.34 };
const window = ['--from', '2026-01-10T00:00:00Z', '--hours', '12'];

describe('holdfast passes', () => {
  test('prints passes as one array, by when they rise', async () => {
    const tle = file(textOf(polar, { ...polar, name: 'POLAR 2', catalogNumber: '90002', anomalyDeg: 90 }));
    const south = ['--station', 'base, south,-53.16,-70.9,30'];
    const flags = ['--tle', tle, '--json', '--min-elevation', '20', ...kiruna, ...south, ...window];
    const { code, out, err } = await passes(...flags);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const found = JSON.parse(out) as Pass[];
    expect(new Set(found.map(({ satellite }) => satellite))).toEqual(new Set(['POLAR 1', 'POLAR 2']));
    expect(new Set(found.map(({ station }) => station))).toEqual(new Set(['kiruna', 'base,south']));
    const rises = found.map(({ riseMs }) => riseMs ?? 0);
    expect(rises).toEqual(rises.toSorted((a, b) => a - b));
    for (const pass of found) {
      expect(Object.keys(pass)).toEqual([
        'satellite',
        'station',
        'riseMs',
        'culminateMs',
        'setMs',
        'maxElevationDeg',
      ]);
      expect(pass.maxElevationDeg).toBeGreaterThanOrEqual(20);
    }
  });

  test('prints nulls for what is up at the edges of the window', async () => {
    const tle = file(textOf({ name: 'GEO', revolutionsPerDay: 1.0027379, inclinationDeg: 0.1 }));
    const everywhere = [0, 120, 240].flatMap((longitude) => [
      '--station',
      `at ${longitude},0,${longitude},0`,
    ]);
    const { out } = await passes('--tle', tle, '--json', ...everywhere, ...window);
    expect((JSON.parse(out) as Pass[])[0]).toMatchObject({ satellite: 'GEO', riseMs: null, setMs: null });
  });

  test('prints a table for people', async () => {
    const { out } = await passes('--tle', file(textOf(polar)), ...kiruna, ...window);
    expect(out).toMatch(/^RISE \(UTC\) +CULMINATE +SET +HIGHEST +STATION +SATELLITE\n2026-01-10 \d\d:/);
    expect(out).toMatch(/\d passes of 1 satellite\n$/);
  });

  test('reads element sets from standard input, and a time without zone as UTC', async () => {
    const from = async (text: string) =>
      (await passes('--tle', '-', '--json', '--station', 'a,50,0,0', '--from', text)).out;
    expect(await from('2026-01-10T01:00')).toBe(await from('2026-01-10T02:00:00+01:00'));
  });

  test('goes on without a satellite that has decayed, and says so', async () => {
    const gone = {
      name: 'GONE',
      catalogNumber: '90009',
      dot: ' .01000000',
      revolutionsPerDay: 16.2,
      epoch: '25300.00000000',
    };
    const { code, out, err } = await passes(
      '--tle',
      file(textOf(polar, gone)),
      '--json',
      ...kiruna,
      ...window,
    );
    expect(code).toBe(0);
    expect(err).toMatch(/warning: left out GONE \(set\.tle:5\): .* it has decayed/);
    expect(new Set((JSON.parse(out) as Pass[]).map(({ satellite }) => satellite))).toEqual(
      new Set(['POLAR 1']),
    );
    expect((await passes('--tle', file(textOf(gone)), ...kiruna, ...window)).code).toBe(2);
  });

  test('warns when the age of the elements makes times doubtful', async () => {
    const { err } = await passes('--tle', file(textOf(polar)), ...kiruna, '--from', '2026-03-10');
    expect(err).toMatch(/times may be off by up to \d/);
  });

  const good = textOf(polar);
  const [line1, line2] = linesOf(polar);
  test.each([
    [
      'a wrong checksum',
      `${line1}\n${line2.replace('86.4', '86.5')}`,
      [],
      /set\.tle:2: the checksum is "\d"/,
    ],
    ['a file cut off', `${line1}\n`, [], /set\.tle:1: line 2 of the element set is missing/],
    ['a station without altitude', good, ['--station', 'x,1,2'], /--station is "x,1,2"/],
    ['a station that is no number', good, ['--station', 'x,1,NaN,2'], /--station is "x,1,NaN,2"/],
    ['a station off the globe', good, ['--station', 'x,91,0,0'], /Station x: the latitude is 91/],
    ['one station twice', good, kiruna, /two stations "kiruna"/],
    ['a date that is none', good, ['--from', 'tomorrow'], /--from is "tomorrow"/],
    ['a day that is none', good, ['--from', '2026-02-31T25:00Z'], /--from is/],
    ['the 31st of February', good, ['--from', '2026-02-31T00:00Z'], /--from is/],
    ['no hours', good, ['--hours', '0'], /window ends 0 ms before/],
    ['endless hours', good, ['--hours', 'Infinity'], /--hours is "Infinity"/],
    ['an elevation overhead', good, ['--min-elevation', '90'], /minimum elevation is 90/],
  ])('refuses %s', async (_, text, flags, reason) => {
    const { code, out, err } = await passes('--tle', file(text), ...kiruna, ...window, ...flags, '--json');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(reason);
    expect(err).toMatch(/fix: /);
  });

  test.skipIf(!hasOrbits)('finds the passes of a real file (needs ../shared/data)', async () => {
    const tle = file(readOrbits('passes_set30.tle'));
    const summer = ['--from', '2022-08-10T00:00Z', '--hours', '48', '--min-elevation', '10'];
    const { out } = await passes('--tle', tle, '--json', ...kiruna, ...summer);
    const first = (JSON.parse(out) as Pass[]).find(({ satellite }) => satellite === '44713')!;
    expect(first.riseMs! / 1000 - Date.UTC(2022, 7, 10) / 1000).toBeCloseTo(9545.5, 0);
  });
});

test('SGP4 is loaded by who asks for passes only: no start of a host or of a command waits for it', () => {
  const root = resolve(import.meta.dirname, '../..');
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path) || !existsSync(path)) return;
    seen.add(path);
    const text = readFileSync(path, 'utf8');
    for (const [, specifier] of text.matchAll(/^(?:import|export) (?!type )[^'"(]*?['"]([^'"]+)['"]/gms))
      if (specifier!.startsWith('.')) visit(resolve(dirname(path), specifier!));
      else packages.add(specifier!);
  };
  visit(join(root, 'bin/holdfast.ts'));
  visit(join(root, 'embedded/host.ts'));
  expect(seen.size).toBeGreaterThan(50);
  expect(packages).toContain('commander');
  expect(packages).not.toContain('satellite.js');
});
