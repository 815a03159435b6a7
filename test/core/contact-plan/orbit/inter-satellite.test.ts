import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  interSatelliteContacts,
  type InterSatelliteRules,
  type Sighting,
  SightScan,
} from '../../../../core/contact-plan/orbit/inter-satellite.ts';
import { createOrbit, type Orbit } from '../../../../core/contact-plan/orbit/orbit.ts';
import { anyOrbit, type Elements, EPOCH_MS, tleOf } from './elements.ts';

const DAY_MS = 86_400_000;
const TO_MS = EPOCH_MS + DAY_MS;
const RULES = { maxRangeKm: 5000, atmosphereKm: 100, hysteresisKm: 0, minDurationMs: 0 };

const pairOf = (a: Elements, b: Elements): [Orbit, Orbit] => [
  createOrbit(tleOf({ ...a, catalogNumber: '90001' })),
  createOrbit(tleOf({ ...b, catalogNumber: '90002' })),
];

function sightings(orbits: readonly Orbit[], rules: InterSatelliteRules, toMs = TO_MS): Sighting[] {
  const scan = new SightScan(orbits, [[0, 1]], rules, EPOCH_MS);
  return [...scan.advance(toMs), ...scan.open()];
}

/** Kilometres to spare, by the plain geometry of a line and a sphere. */
function room([a, b]: readonly Orbit[], tMs: number, rules: typeof RULES): number {
  const [p, q] = [a!.inertialAt(tMs)!, b!.inertialAt(tMs)!];
  const range = Math.hypot(p.x - q.x, p.y - q.y, p.z - q.z);
  let lowest = Infinity;
  for (let part = 0; part <= 1; part += 0.005) {
    const between = (from: number, to: number) => from + (to - from) * part;
    lowest = Math.min(lowest, Math.hypot(between(p.x, q.x), between(p.y, q.y), between(p.z, q.z)));
  }
  return Math.min(rules.maxRangeKm - range, lowest - 6378.137 - rules.atmosphereKm);
}

/** In planes that meet near the poles. */
const crossing = () => pairOf({ inclinationDeg: 86.4 }, { inclinationDeg: 86.4, nodeDeg: 60 });

describe('inter-satellite links', () => {
  test('are up while both are in range and the air is below their line of sight, for any two orbits', () => {
    fc.assert(
      fc.property(anyOrbit, anyOrbit, (one, other) => {
        const orbits = pairOf(one, other);
        const rules = { ...RULES, maxRangeKm: 20_000 };
        const found = sightings(orbits, rules);
        for (let tMs = EPOCH_MS; tMs < TO_MS; tMs += 120_000) {
          const spare = room(orbits, tMs, rules);
          const up = found.some(
            ({ startMs, endMs }) => (startMs ?? -Infinity) <= tMs && tMs <= (endMs ?? Infinity),
          );
          if (Math.abs(spare) > 2) expect(up, `${spare} km to spare at ${tMs - EPOCH_MS} ms`).toBe(spare > 0);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('of neighbours in one plane never end, and of satellites on opposite sides never begin', () => {
    const near = pairOf({}, { anomalyDeg: 20 });
    expect(sightings(near, RULES)).toMatchObject([{ startMs: null, endMs: null }]);
    expect(sightings(pairOf({}, { anomalyDeg: 180 }), { ...RULES, maxRangeKm: 50_000 })).toEqual([]);
  });

  test('know the longest range that they reach', () => {
    const orbits = pairOf({}, { anomalyDeg: 20, nodeDeg: 10 });
    const [link] = sightings(orbits, RULES);
    let farthestKm = 0;
    for (let tMs = EPOCH_MS; tMs < TO_MS; tMs += 10_000) {
      const [p, q] = orbits.map((orbit) => orbit.inertialAt(tMs)!) as [never, never];
      const { x, y, z } = p as { x: number; y: number; z: number };
      const other = q as { x: number; y: number; z: number };
      farthestKm = Math.max(farthestKm, Math.hypot(x - other.x, y - other.y, z - other.z));
    }
    expect(link!.farthestKm).toBeGreaterThan(farthestKm - 5);
    expect(link!.farthestKm).toBeLessThan(farthestKm + 5);
  });

  test('come up only with the hysteresis to spare, and stay up until there is none', () => {
    const orbits = crossing();
    const eager = sightings(orbits, RULES);
    const wary = sightings(orbits, { ...RULES, hysteresisKm: 400 });
    expect(eager.length).toBeGreaterThan(5);
    for (const { startMs, endMs } of wary) {
      const same = eager.find((link) => Math.abs(link.endMs! - endMs!) < 10)!;
      if (startMs === null) continue;
      expect(startMs).toBeGreaterThan(same.startMs!);
      expect(room(orbits, startMs, RULES)).toBeGreaterThan(395);
    }
    expect(sightings(orbits, { ...RULES, hysteresisKm: 1000, maxRangeKm: 900 })).toEqual([]);
  });

  test('shorter than the least duration are left out', () => {
    const orbits = crossing();
    const all = sightings(orbits, RULES).filter(({ startMs, endMs }) => startMs !== null && endMs !== null);
    const longest = Math.max(...all.map(({ startMs, endMs }) => endMs! - startMs!));
    const some = sightings(orbits, { ...RULES, minDurationMs: longest - 1000 });
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(all.length);
  });

  test('are the same whether the watch goes on in one go or in many', () => {
    const orbits = crossing();
    const scan = new SightScan(orbits, [[0, 1]], RULES, EPOCH_MS);
    const inSteps: Sighting[] = [];
    for (let toMs = EPOCH_MS; toMs <= TO_MS; toMs += 250_000) inSteps.push(...scan.advance(toMs));
    inSteps.push(...scan.advance(TO_MS), ...scan.open());
    const inOneGo = sightings(orbits, RULES);
    expect(inSteps).toHaveLength(inOneGo.length);
    for (const [index, { startMs }] of inSteps.entries())
      expect(Math.abs((startMs ?? 0) - (inOneGo[index]!.startMs ?? 0))).toBeLessThan(20);
  });

  test('become contacts both ways, shorter by the doubt about both satellites, with the delay of light', () => {
    const [a, b] = pairOf({}, { anomalyDeg: 20 });
    const link = {
      a,
      b,
      startMs: EPOCH_MS + DAY_MS,
      endMs: EPOCH_MS + DAY_MS + 600_000,
      farthestKm: 2997.92458,
    };
    const [there, back] = interSatelliteContacts(link, { fromMs: EPOCH_MS, toMs: TO_MS }, 1e6);
    expect(there).toMatchObject({ from: '90001', to: '90002', rateBitsPerSecond: 1e6 });
    expect(back).toEqual({ ...there, from: '90002', to: '90001' });
    expect(there!.delayMs).toBeCloseTo(10, 9);
    // 3 km each at 7.6 km/s.
    expect(there!.startMs - link.startMs).toBeGreaterThan(700);
    expect(there!.startMs - link.startMs).toBeLessThan(900);
    expect(
      interSatelliteContacts({ ...link, endMs: link.startMs + 1000 }, { fromMs: EPOCH_MS, toMs: TO_MS }, 1),
    ).toEqual([]);
  });

  test.each([
    { maxRangeKm: Number.NaN },
    { maxRangeKm: -1 },
    { atmosphereKm: Infinity },
    { hysteresisKm: -5 },
  ])('refuse the rule %j', (rule) => {
    expect(() => new SightScan([], [], rule, EPOCH_MS)).toThrow(Object.keys(rule)[0]);
  });
});
