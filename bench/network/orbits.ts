/** Orbits and passes: right beside published answers, and how long a constellation takes. */
import { ecfToLookAngles, eciToEcf, gstime, propagate, twoline2satrec } from 'satellite.js';
import { Constellation } from '../../core/contact-plan/orbit/constellation.ts';
import { createOrbit } from '../../core/contact-plan/orbit/orbit.ts';
import { findPasses, type TimeWindow } from '../../core/contact-plan/orbit/passes.ts';
import { createStations, DEFAULT_MIN_ELEVATION_DEG } from '../../core/contact-plan/orbit/station.ts';
import { parseTle, type Tle } from '../../core/contact-plan/orbit/tle.ts';
import { median, quantile, round } from '../statistics.ts';
import type { NetworkOptions } from './network.ts';
import { checkEvents, checkVectors, hasOrbits, readOrbits, STATIONS } from './orbit-references.ts';

interface Target {
  measured: number;
  target: number;
}

export interface OrbitsBench {
  meetsTargets: boolean;
  vectors: { count: number; worstMm: Target };
  events: { count: number; missed: Target; extra: Target; medianSeconds: number; p95Seconds: Target };
  constellation: {
    satellites: number;
    stations: number;
    hours: number;
    passes: number;
    /** All satellites, without contacts. */
    passesMs: number;
    /** With contacts up and down. */
    planMs: number;
    contacts: number;
    /** Another hour of the same plan, and what working it all out again would take. */
    anotherHourMs: number;
    linkedPairs: number;
    /** What inter-satellite links of neighbours add. */
    linksMs: number;
  };
  /** Elevations every so often by the library alone, then nothing finer; a part of the satellites. */
  fixedStep: {
    satellites: number;
    stepSeconds: number;
    fixedMs: number;
    adaptiveMs: number;
    timesFaster: number;
    /** Passes that the adaptive step found and the fixed one stepped over. */
    steppedOver: number;
  };
}

const GROUND = createStations(STATIONS);
const HOURS = 48;
const STEP_SECONDS = 10;
const FROM_MS = Date.UTC(2025, 0, 7);
const WINDOW: TimeWindow = { fromMs: FROM_MS, toMs: FROM_MS + HOURS * 3_600_000 };

export async function benchOrbits({
  quick,
  say,
}: NetworkOptions): Promise<OrbitsBench | { skipped: string }> {
  if (!hasOrbits) return { skipped: 'the reference data (../shared/data/orbits) is not there' };
  const { vectors: count, worstMm } = checkVectors();
  const vectors = { count, worstMm: { measured: round(worstMm, 3), target: 1 } };
  say(`SGP4: ${count} vectors, the worst ${vectors.worstMm.measured} mm off`);

  const { events: expected, missed, extra, apartSeconds } = checkEvents();
  const events = {
    count: expected,
    missed: { measured: missed, target: 0 },
    extra: { measured: extra, target: 0 },
    medianSeconds: round(quantile(apartSeconds, 0.5), 3),
    p95Seconds: { measured: round(quantile(apartSeconds, 0.95), 3), target: 1.2 },
  };
  say(`events: ${expected}, ${missed} missed, ${extra} extra, p95 ${events.p95Seconds.measured} s apart`);

  const satellites = parseTle(readOrbits('oneweb-2025-01.tle'));
  const rounds = quick ? 1 : 5;
  const constellation = timeConstellation(satellites, rounds);
  say(`constellation: ${constellation.passes} passes in ${constellation.passesMs} ms`);
  const fixedStep = timeFixedStep(
    satellites.filter((_, index) => index % (quick ? 100 : 20) === 0),
    rounds,
  );
  say(`fixed step of ${STEP_SECONDS} s: ${fixedStep.timesFaster} times slower`);
  const meetsTargets = [vectors.worstMm, events.missed, events.extra, events.p95Seconds].every(
    ({ measured, target }) => measured <= target,
  );
  return { meetsTargets, vectors, events, constellation, fixedStep };
}

function timeConstellation(satellites: readonly Tle[], rounds: number): OrbitsBench['constellation'] {
  const findAll = () => satellites.flatMap((tle) => findPasses(createOrbit(tle), GROUND, WINDOW));
  const options = {
    satellites,
    stations: STATIONS,
    fromMs: FROM_MS,
    ground: { uplinkBitsPerSecond: 1e6, downlinkBitsPerSecond: 1e7 },
  };
  const plan = (toMs: number, links?: readonly (readonly [string, string])[]) => {
    const constellation = new Constellation({
      ...options,
      interSatellite: links && { pairs: links, rateBitsPerSecond: 1e8 },
    });
    constellation.extend(toMs);
    return constellation;
  };
  const pairs = satellites.slice(1).map(({ name }, index) => [satellites[index]!.name, name] as const);
  const extended = plan(WINDOW.toMs);
  const contacts = extended.contacts().length;
  const planMs = medianMs(rounds, () => plan(WINDOW.toMs).contacts());
  return {
    satellites: satellites.length,
    stations: STATIONS.length,
    hours: HOURS,
    passes: findAll().length,
    passesMs: medianMs(rounds, findAll),
    planMs,
    contacts,
    anotherHourMs: medianMs(rounds, () => {
      extended.extend(extended.toMs + 3_600_000);
      extended.contacts();
    }),
    linkedPairs: pairs.length,
    linksMs: round(medianMs(rounds, () => plan(WINDOW.toMs, pairs).contacts()) - planMs, 1),
  };
}

function timeFixedStep(satellites: readonly Tle[], rounds: number): OrbitsBench['fixedStep'] {
  const adaptive = () => satellites.flatMap((tle) => findPasses(createOrbit(tle), GROUND, WINDOW)).length;
  const fixed = () => satellites.reduce((sum, tle) => sum + fixedStepPasses(tle), 0);
  const steppedOver = adaptive() - fixed();
  const adaptiveMs = medianMs(rounds, adaptive);
  const fixedMs = medianMs(rounds, fixed);
  return {
    satellites: satellites.length,
    stepSeconds: STEP_SECONDS,
    fixedMs,
    adaptiveMs,
    timesFaster: round(fixedMs / adaptiveMs, 1),
    steppedOver,
  };
}

/** As the library's own guide goes about it; every station of a satellite shares its propagation. */
function fixedStepPasses({ line1, line2 }: Tle): number {
  const record = twoline2satrec(line1, line2);
  const rad = Math.PI / 180;
  const places = STATIONS.map(({ latitudeDeg, longitudeDeg, altitudeM }) => ({
    latitude: latitudeDeg * rad,
    longitude: longitudeDeg * rad,
    height: altitudeM / 1000,
    isUp: false,
  }));
  let passes = 0;
  for (let tMs = WINDOW.fromMs; tMs <= WINDOW.toMs; tMs += STEP_SECONDS * 1000) {
    const at = new Date(tMs);
    const state = propagate(record, at);
    if (!state) break;
    const fixed = eciToEcf(state.position, gstime(at));
    for (const place of places) {
      const isUp = ecfToLookAngles(place, fixed).elevation >= DEFAULT_MIN_ELEVATION_DEG * rad;
      if (isUp && !place.isUp) passes++;
      place.isUp = isUp;
    }
  }
  return passes;
}

function medianMs(rounds: number, run: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    run();
    return performance.now() - startMs;
  });
  return round(median(times), 1);
}
