import { INSTANT_FIX, parseInstant } from '../../core/api/instant.ts';
import type { Pass } from '../../core/contact-plan/orbit/passes.ts';
import type { StationInput } from '../../core/contact-plan/orbit/station.ts';
import type { Tle } from '../../core/contact-plan/orbit/tle.ts';
import { HoldfastError } from '../../core/errors.ts';
import { EXIT } from '../errors.ts';
import { readDocument } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';
import { clean, count, duration, table } from '../text.ts';

export interface PassesFlags {
  tle: string;
  station: string[];
  from?: string;
  hours?: string;
  minElevation?: string;
  json?: boolean;
}

const STATION_FIX =
  'Write NAME,LATITUDE,LONGITUDE,ALTITUDE in degrees and metres, such as kiruna,67.86,20.22,400.';
/** Above this doubt about rise and set, the user is told. */
const DOUBT_TOLD_MS = 10_000;
const LEFT_OUT_SHOWN = 20;

/** Passes of the satellites of a TLE file over stations, without a host. */
export async function passes(deps: CliDeps, flags: PassesFlags): Promise<number> {
  const stationInputs = flags.station.map((text) =>
    stationOf(text, numberOf('--min-elevation', flags.minElevation ?? '10')),
  );
  const fromMs = flags.from === undefined ? Date.now() : instantOf(flags.from);
  const window = { fromMs, toMs: fromMs + numberOf('--hours', flags.hours ?? '24') * 3_600_000 };
  // SGP4 comes with these; no other command waits for it.
  const [{ checkWindow, findPasses, byRise }, { createOrbit }, { createStations }, { parseTle }, drift] =
    await Promise.all([
      import('../../core/contact-plan/orbit/passes.ts'),
      import('../../core/contact-plan/orbit/orbit.ts'),
      import('../../core/contact-plan/orbit/station.ts'),
      import('../../core/contact-plan/orbit/tle.ts'),
      import('../../core/contact-plan/orbit/drift.ts'),
    ]);
  checkWindow(window);
  const stations = createStations(stationInputs);
  const { text, source } = await readDocument(deps, flags.tle);
  const satellites = parseTle(text, source);
  const leftOut: string[] = [];
  const found: Pass[] = [];
  let doubtMs = 0;
  for (const tle of satellites) {
    try {
      const orbit = createOrbit(tle);
      const useless = drift.uselessAt(tle, window.fromMs);
      if (useless !== undefined) {
        leftOut.push(`${nameOf(tle, source)}: ${useless}.`);
        continue;
      }
      doubtMs = Math.max(doubtMs, drift.driftAt(tle, window.toMs).timingMs);
      found.push(...findPasses(orbit, stations, window));
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      leftOut.push(error.message);
    }
  }
  for (const reason of leftOut.slice(0, LEFT_OUT_SHOWN))
    deps.stderr.write(`warning: left out ${clean(reason)}\n`);
  if (leftOut.length > LEFT_OUT_SHOWN)
    deps.stderr.write(`warning: left out ${leftOut.length - LEFT_OUT_SHOWN} more\n`);
  if (leftOut.length === satellites.length)
    throw new UsageError(
      `${source} holds no satellite that can be flown in this window.`,
      'Fetch newer element sets, or ask for a time near their epochs.',
    );
  if (doubtMs > DOUBT_TOLD_MS)
    deps.stderr.write(
      `warning: element sets are old for this window; times may be off by up to ${duration(doubtMs)}\n`,
    );
  found.sort(byRise);
  deps.stdout.write(`${flags.json ? JSON.stringify(found.map(rounded)) : passesText(found, satellites)}\n`);
  return EXIT.ok;
}

/** Whole milliseconds and ten-thousandths of a degree: finer than SGP4 knows. */
const rounded = (pass: Pass): Pass => {
  const whole = (ms: number | null) => (ms === null ? null : Math.round(ms));
  return {
    ...pass,
    riseMs: whole(pass.riseMs),
    culminateMs: whole(pass.culminateMs),
    setMs: whole(pass.setMs),
    maxElevationDeg: Math.round(pass.maxElevationDeg * 10_000) / 10_000,
  };
};

function passesText(found: readonly Pass[], satellites: readonly Tle[]): string {
  const time = (ms: number | null, otherwise: string) =>
    ms === null ? otherwise : new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const rows = found.map(({ satellite, station, riseMs, culminateMs, setMs, maxElevationDeg }) => [
    time(riseMs, 'up before'),
    time(culminateMs, '-'),
    time(setMs, 'up after'),
    `${maxElevationDeg.toFixed(1)}°`,
    clean(station),
    clean(satellite),
  ]);
  return [
    table([['RISE (UTC)', 'CULMINATE', 'SET', 'HIGHEST', 'STATION', 'SATELLITE'], ...rows]),
    '',
    `${rows.length.toLocaleString('en-US')} ${rows.length === 1 ? 'pass' : 'passes'} of ${count(satellites.length, 'satellite')}`,
  ].join('\n');
}

const nameOf = (tle: Tle, source: string): string => `${tle.name} (${source}:${tle.line})`;

/** From the right, so that a name may hold commas. */
function stationOf(text: string, minElevationDeg: number): StationInput {
  const parts = text.split(',').map((part) => part.trim());
  const numbers = parts.splice(-3).map((part) => (part === '' ? Number.NaN : Number(part)));
  const [latitudeDeg, longitudeDeg, altitudeM] = numbers as [number, number, number];
  if (parts.length === 0 || parts.join('') === '' || numbers.some((value) => !Number.isFinite(value)))
    throw new UsageError(`--station is "${text}".`, STATION_FIX);
  return { id: parts.join(','), latitudeDeg, longitudeDeg, altitudeM, minElevationDeg };
}

function numberOf(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new UsageError(`${option} is "${text}".`, 'Give a number.');
  return value;
}

function instantOf(text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined) throw new UsageError(`--from is "${text}".`, INSTANT_FIX);
  return ms;
}
