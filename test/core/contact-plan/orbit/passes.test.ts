import { checkEvents, hasOrbits } from '../../../../bench/network/orbit-references.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOrbit, type Orbit } from '../../../../core/contact-plan/orbit/orbit.ts';
import {
  findPasses,
  type Pass,
  PassScan,
  type TimeWindow,
} from '../../../../core/contact-plan/orbit/passes.ts';
import {
  createStations,
  type Station,
  type StationInput,
} from '../../../../core/contact-plan/orbit/station.ts';
import { ecfToLookAngles, eciToEcf, gstime, jday, propagate, twoline2satrec } from 'satellite.js';
import { anyOrbit, type Elements, EPOCH_MS, tleOf } from './elements.ts';

const HOUR_MS = 3_600_000;
const DAY: TimeWindow = { fromMs: EPOCH_MS, toMs: EPOCH_MS + 24 * HOUR_MS };
const place = (latitudeDeg: number, longitudeDeg = 0, minElevationDeg = 10): StationInput => ({
  id: `at ${latitudeDeg}, ${longitudeDeg}`,
  latitudeDeg,
  longitudeDeg,
  altitudeM: 100,
  minElevationDeg,
});
const passesOf = (elements: Elements, stations: StationInput[], window = DAY): Pass[] =>
  findPasses(createOrbit(tleOf(elements)), createStations(stations), window);

/** By the library's own transformations and no interpolation. */
function elevationDeg({ tle }: Orbit, input: StationInput, tMs: number): number {
  const { position } = propagate(twoline2satrec(tle.line1, tle.line2), new Date(tMs)) ?? {};
  const at = new Date(tMs);
  const ecf = eciToEcf(position!, gstime(jday(at)));
  const observer = {
    latitude: (input.latitudeDeg * Math.PI) / 180,
    longitude: (input.longitudeDeg * Math.PI) / 180,
    height: input.altitudeM / 1000,
  };
  return (ecfToLookAngles(observer, ecf).elevation * 180) / Math.PI;
}

describe('passes', () => {
  test('rise, culminate and set at the minimum elevation', () => {
    const station = place(45, 10);
    const orbit = createOrbit(tleOf({}));
    const found = passesOf({}, [station]);
    expect(found.length).toBeGreaterThan(3);
    for (const { riseMs, culminateMs, setMs, maxElevationDeg } of found) {
      expect(elevationDeg(orbit, station, riseMs!)).toBeCloseTo(10, 2);
      expect(elevationDeg(orbit, station, setMs!)).toBeCloseTo(10, 2);
      expect(elevationDeg(orbit, station, culminateMs!)).toBeCloseTo(maxElevationDeg, 2);
      expect(riseMs).toBeLessThan(culminateMs!);
      expect(culminateMs).toBeLessThan(setMs!);
    }
  });

  test('are all there, and none else, for any orbit over any station', () => {
    const station = fc.record({
      latitudeDeg: fc.double({ min: -90, max: 90, noNaN: true }),
      longitudeDeg: fc.double({ min: -180, max: 180, noNaN: true }),
      minElevationDeg: fc.constantFrom(0, 5, 10, 30, 60, 80),
    });
    fc.assert(
      fc.property(anyOrbit, station, (elements, { latitudeDeg, longitudeDeg, minElevationDeg }) => {
        const input = place(latitudeDeg, longitudeDeg, minElevationDeg);
        const orbit = createOrbit(tleOf(elements));
        const [ground] = createStations([input]);
        const found = findPasses(orbit, [ground!], DAY);
        expectCoverage(orbit, ground!, found, DAY);
      }),
      { numRuns: 60 },
    );
  });

  test('that only graze the minimum elevation are found, and those that just miss it are not', () => {
    const best = passesOf({}, [place(45, 10)]).toSorted((a, b) => b.maxElevationDeg - a.maxElevationDeg)[1]!;
    const graze = (minElevationDeg: number) =>
      passesOf({}, [place(45, 10, minElevationDeg)]).find(
        ({ culminateMs }) => Math.abs(culminateMs! - best.culminateMs!) < 1000,
      );
    const short = graze(best.maxElevationDeg - 0.001)!;
    expect(short.setMs! - short.riseMs!).toBeLessThan(5000);
    expect(graze(best.maxElevationDeg + 0.001)).toBeUndefined();
  });

  test('under way at the edges of the window have no rise or no set', () => {
    const [, whole] = passesOf({}, [place(45, 10)]);
    const { riseMs, culminateMs, setMs } = whole!;
    const early = { fromMs: riseMs! - HOUR_MS / 4, toMs: (riseMs! + culminateMs!) / 2 };
    expect(passesOf({}, [place(45, 10)], early)).toMatchObject([{ culminateMs: null, setMs: null }]);
    const late = { fromMs: (culminateMs! + setMs!) / 2, toMs: setMs! + HOUR_MS / 4 };
    const [cut] = passesOf({}, [place(45, 10)], late);
    expect(cut).toMatchObject({ riseMs: null, culminateMs: null });
    expect(Math.abs(cut!.setMs! - setMs!)).toBeLessThan(10);
    expect(cut!.maxElevationDeg).toBeLessThan(whole!.maxElevationDeg);
    const inside = { fromMs: riseMs! + 1000, toMs: setMs! - 1000 };
    const [middle] = passesOf({}, [place(45, 10)], inside);
    expect(middle).toMatchObject({ riseMs: null, setMs: null });
    expect(Math.abs(middle!.culminateMs! - culminateMs!)).toBeLessThan(10);
  });

  test('of a geostationary satellite last for ever or never are', () => {
    const geo = { revolutionsPerDay: 1.0027379, inclinationDeg: 0.05, eccentricity: 0.0002 };
    const { x, y } = createOrbit(tleOf(geo)).earthFixedAt(EPOCH_MS)!;
    const below = (Math.atan2(y, x) * 180) / Math.PI;
    const month = { fromMs: EPOCH_MS, toMs: EPOCH_MS + 10 * 24 * HOUR_MS };
    expect(passesOf(geo, [place(20, below)], month)).toMatchObject([{ riseMs: null, setMs: null }]);
    expect(
      passesOf(geo, [place(20, below > 0 ? below - 180 : below + 180), place(85, below)], month),
    ).toEqual([]);
  });

  test('over stations that the ground track cannot reach cost no propagation', () => {
    const orbit = createOrbit(tleOf({ inclinationDeg: 30 }));
    let asked = 0;
    const counting = {
      ...orbit,
      earthFixedAt(tMs: number) {
        asked++;
        return orbit.earthFixedAt(tMs);
      },
    };
    expect(findPasses(counting, createStations([place(80)]), DAY)).toEqual([]);
    expect(asked).toBe(0);
    findPasses(counting, createStations([place(20)]), DAY);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(1000);
  });

  test('are the same whether the watch goes on in one go or in many', () => {
    const orbit = createOrbit(tleOf({}));
    const stations = createStations([place(45, 10), place(-20, 130)]);
    const scan = new PassScan(orbit, stations, DAY.fromMs);
    const inSteps: Pass[] = [];
    for (let toMs = DAY.fromMs; toMs < DAY.toMs; toMs += 400_000) inSteps.push(...scan.advance(toMs));
    inSteps.push(...scan.advance(DAY.toMs), ...scan.open());
    const inOneGo = findPasses(orbit, stations, DAY);
    expect(inSteps).toHaveLength(inOneGo.length);
    for (const [index, pass] of inSteps.toSorted((a, b) => a.riseMs! - b.riseMs!).entries()) {
      expect(pass.station).toBe(inOneGo[index]!.station);
      expect(Math.abs(pass.setMs! - inOneGo[index]!.setMs!)).toBeLessThan(20);
      expect(Math.abs(pass.maxElevationDeg - inOneGo[index]!.maxElevationDeg)).toBeLessThan(0.01);
    }
  });

  test.each([
    [{ latitudeDeg: Number.NaN }, /latitude is NaN/],
    [{ latitudeDeg: 90.1 }, /latitude is 90.1/],
    [{ longitudeDeg: Infinity }, /longitude is Infinity/],
    [{ altitudeM: -Infinity }, /altitude is -Infinity/],
    [{ altitudeM: 36_000_000 }, /altitude is 36000000/],
    [{ minElevationDeg: 90 }, /minimum elevation is 90/],
    [{ id: '' }, /no id/],
  ])('refuse a station with %j', (wrong, reason) => {
    expect(() => createStations([{ ...place(0), ...wrong }])).toThrow(reason);
  });

  test('refuse two stations of one name', () => {
    expect(() => createStations([place(0), place(0)])).toThrow(/two stations "at 0, 0"/);
  });

  test.each([
    [{ toMs: EPOCH_MS }, /ends 0 ms before/],
    [{ toMs: Number.NaN }, /end of the window is NaN/],
    [{ fromMs: -Infinity }, /beginning of the window is -Infinity/],
    [{ toMs: EPOCH_MS + 400 * 24 * HOUR_MS }, /400 days long/],
  ])('refuse the window %j', (wrong, reason) => {
    expect(() => passesOf({}, [place(0)], { ...DAY, ...wrong })).toThrow(reason);
  });
});

/** Every minute or so that the satellite is clearly up is in a pass, and every pass is up between its ends. */
function expectCoverage(orbit: Orbit, station: Station, found: readonly Pass[], window: TimeWindow): void {
  const spans = found.map(({ riseMs, setMs }) => [riseMs ?? window.fromMs, setMs ?? window.toMs] as const);
  for (let tMs = window.fromMs; tMs <= window.toMs; tMs += 20_000) {
    const state = orbit.earthFixedAt(tMs)!;
    const [x, y, z] = [state.x - station.x, state.y - station.y, state.z - station.z];
    const sine = (x * station.upX + y * station.upY + z * station.upZ) / Math.hypot(x, y, z);
    const inside = spans.some(([start, end]) => tMs >= start && tMs <= end);
    if (Math.abs(sine - station.sinMinElevation) > 1e-4)
      expect(inside, `${new Date(tMs).toISOString()}: sine of elevation ${sine}`).toBe(
        sine > station.sinMinElevation,
      );
  }
}

describe.skipIf(!hasOrbits)('passes beside Skyfield (needs ../shared/data)', () => {
  test('rise and set when Skyfield says, all of them and no others', () => {
    const { events, missed, extra, apartSeconds } = checkEvents();
    expect({ events, missed, extra }).toEqual({ events: 652, missed: 0, extra: 0 });
    expect(apartSeconds[326]).toBeLessThan(0.2);
    expect(apartSeconds[Math.floor(652 * 0.95)]).toBeLessThanOrEqual(1.2);
  });
});
