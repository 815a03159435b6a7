import { describe, expect, test } from 'vitest';
import type { Contact } from '../../../../core/contact-plan/contact.ts';
import {
  Constellation,
  type ConstellationOptions,
} from '../../../../core/contact-plan/orbit/constellation.ts';
import { driftAt } from '../../../../core/contact-plan/orbit/drift.ts';
import { createOrbit } from '../../../../core/contact-plan/orbit/orbit.ts';
import { createStations } from '../../../../core/contact-plan/orbit/station.ts';
import { parseTle } from '../../../../core/contact-plan/orbit/tle.ts';
import { type Elements, EPOCH_MS, textOf, tleOf } from './elements.ts';

const HOUR_MS = 3_600_000;
const KIRUNA = { id: 'kiruna', latitudeDeg: 67.86, longitudeDeg: 20.22, altitudeM: 400 };
const SINGAPORE = { id: 'singapore', latitudeDeg: 1.35, longitudeDeg: 103.8, altitudeM: 20 };
const polar = (name: string, anomalyDeg: number, more: Elements = {}): Elements => ({
  name,
  catalogNumber: String(90_000 + anomalyDeg),
  inclinationDeg: 86.4,
  revolutionsPerDay: 14.34,
  anomalyDeg,
  ...more,
});
const plan = (sets: Elements[], more: Partial<ConstellationOptions> = {}): Constellation =>
  new Constellation({
    satellites: parseTle(textOf(...sets)),
    stations: [KIRUNA, SINGAPORE],
    fromMs: EPOCH_MS,
    ground: { uplinkBitsPerSecond: 256_000, downlinkBitsPerSecond: 2_000_000 },
    ...more,
  });
const extended = (constellation: Constellation, hours: number): Constellation => {
  constellation.extend(EPOCH_MS + hours * HOUR_MS);
  return constellation;
};
const ring = [polar('A', 0), polar('B', 30), polar('C', 60)];
const links = {
  pairs: [
    ['A', 'B'],
    ['B', 'C'],
  ] as const,
  rateBitsPerSecond: 1e7,
};

describe('a constellation plan', () => {
  test('has a contact up and one down for each pass, inside it by the doubt about the satellite', () => {
    const constellation = extended(plan([polar('A', 0)]), 24);
    const whole = constellation.passes().filter(({ riseMs, setMs }) => riseMs !== null && setMs !== null);
    expect(whole.length).toBeGreaterThan(8);
    for (const { satellite, station, riseMs, setMs } of whole) {
      const up = constellation
        .contacts()
        .find(({ from, startMs }) => from === station && startMs > riseMs! && startMs < setMs!)!;
      const tle = tleOf(polar('A', 0));
      expect(up).toMatchObject({ to: satellite, rateBitsPerSecond: 256_000 });
      expect(up.startMs).toBeCloseTo(riseMs! + driftAt(tle, riseMs!).timingMs, 6);
      expect(up.endMs).toBeCloseTo(setMs! - driftAt(tle, setMs!).timingMs, 6);
      const down = constellation
        .contacts()
        .find(({ to, startMs }) => to === station && startMs === up.startMs);
      expect(down).toEqual({ ...up, from: satellite, to: station, rateBitsPerSecond: 2_000_000 });
    }
  });

  test('keeps a satellite up through its contacts even if it is as early or late as its age allows', () => {
    const contacts = extended(plan([polar('A', 0)]), 72).contacts();
    const orbit = createOrbit(tleOf(polar('A', 0)));
    const stations = new Map(createStations([KIRUNA, SINGAPORE]).map((station) => [station.id, station]));
    for (const { from, startMs, endMs } of contacts.filter(({ to }) => to === 'A')) {
      const { x, y, z, upX, upY, upZ } = stations.get(from)!;
      const { timingMs } = driftAt(orbit.tle, endMs);
      for (const tMs of [startMs + 5, endMs - 5])
        for (const shiftMs of [-timingMs, 0, timingMs].map((shift) => shift * 0.99)) {
          const state = orbit.earthFixedAt(tMs + shiftMs)!;
          const [dx, dy, dz] = [state.x - x, state.y - y, state.z - z];
          const sine = (dx * upX + dy * upY + dz * upZ) / Math.hypot(dx, dy, dz);
          expect(sine).toBeGreaterThan(Math.sin((9.99 * Math.PI) / 180));
        }
    }
  });

  test('has the delay of light over the longest range of a contact', () => {
    const [contact] = extended(plan([polar('A', 0)]), 24).contacts();
    // 780 km overhead, 2,330 km at 10 degrees.
    expect(contact!.delayMs).toBeGreaterThan(780 / 299.792458);
    expect(contact!.delayMs).toBeLessThan(2400 / 299.792458);
  });

  test('has links between satellites, both ways', () => {
    const contacts = extended(plan(ring, { interSatellite: links }), 2).contacts();
    const between = (from: string, to: string): Contact[] =>
      contacts.filter((contact) => contact.from === from && contact.to === to);
    expect(between('A', 'B')).toMatchObject([
      { startMs: EPOCH_MS, endMs: EPOCH_MS + 2 * HOUR_MS, rateBitsPerSecond: 1e7 },
    ]);
    expect(between('B', 'A')).toHaveLength(1);
    expect(between('A', 'C')).toEqual([]);
  });

  test('is the same worked out in one go or bit by bit, and stays as it was where it was known', () => {
    const inOneGo = extended(plan(ring, { interSatellite: links }), 24);
    const bitByBit = plan(ring, { interSatellite: links });
    let known: readonly Contact[] = [];
    for (let hours = 0.7; hours < 24; hours += 0.7) {
      const over = known.filter(({ endMs }) => endMs < bitByBit.toMs);
      known = extended(bitByBit, hours).contacts();
      expect(known).toEqual(expect.arrayContaining(over));
    }
    extended(bitByBit, 24);
    const inOrder = (constellation: Constellation) =>
      constellation
        .contacts()
        .map((contact) => ({ ...contact, key: `${contact.from} ${contact.to}` }))
        .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.startMs - b.startMs));
    const expected = inOrder(inOneGo);
    expect(inOrder(bitByBit)).toHaveLength(expected.length);
    for (const [index, { key, startMs, endMs }] of inOrder(bitByBit).entries()) {
      expect(key).toBe(expected[index]!.key);
      expect(Math.abs(startMs - expected[index]!.startMs)).toBeLessThan(20);
      expect(Math.abs(endMs - expected[index]!.endMs)).toBeLessThan(20);
    }
    expect(bitByBit.passes()).toHaveLength(inOneGo.passes().length);
    for (const [index, pass] of bitByBit.passes().entries())
      expect(Math.abs((pass.setMs ?? 0) - (inOneGo.passes()[index]!.setMs ?? 0))).toBeLessThan(20);
  });

  test('is one array that nobody can change, sorted, until it is extended', () => {
    const constellation = extended(plan(ring), 6);
    const contacts = constellation.contacts();
    expect(constellation.contacts()).toBe(contacts);
    expect(Object.isFrozen(contacts)).toBe(true);
    expect(contacts.map(({ startMs }) => startMs)).toEqual(
      contacts.map(({ startMs }) => startMs).toSorted((a, b) => a - b),
    );
    extended(constellation, 7);
    expect(constellation.contacts()).not.toBe(contacts);
  });

  test('forgets what is over', () => {
    const constellation = extended(plan(ring), 24);
    const all = constellation.contacts();
    constellation.forget(EPOCH_MS + 12 * HOUR_MS);
    expect(constellation.contacts()).toEqual(all.filter(({ endMs }) => endMs > EPOCH_MS + 12 * HOUR_MS));
  });

  test('comes in pieces, so that a host can do other things in between', () => {
    const constellation = plan(ring);
    const pieces = [...constellation.extending(EPOCH_MS + 6 * HOUR_MS)].length;
    expect(pieces).toBe(3);
    expect(constellation.contacts()).toEqual(extended(plan(ring), 6).contacts());
  });

  test('leaves a satellite out that has decayed, says so, and keeps the others', () => {
    const falling = { dot: ' .01000000', drag: ' 50000-3', epoch: '25300.00000000', revolutionsPerDay: 16 };
    const constellation = extended(plan([...ring, polar('D', 90, falling)]), 6);
    expect(constellation.leftOut).toMatchObject([{ satellite: 'D', fromMs: EPOCH_MS }]);
    expect(constellation.leftOut[0]!.reason).toMatch(/decayed/);
    expect(constellation.contacts()).toEqual(extended(plan(ring), 6).contacts());
  });

  test('ends the contacts of a satellite where it decays', () => {
    const falling = { dot: ' .01000000', drag: ' 50000-2', revolutionsPerDay: 16.3 };
    const constellation = plan([...ring, polar('D', 90, falling)]);
    for (let day = 1; day <= 30; day++) extended(constellation, day * 24);
    const [lost] = constellation.leftOut;
    expect(lost).toMatchObject({ satellite: 'D' });
    expect(lost!.fromMs).toBeGreaterThan(EPOCH_MS);
    expect(lost!.fromMs).toBeLessThan(EPOCH_MS + 30 * 24 * HOUR_MS);
    const its = constellation.contacts().filter(({ from, to }) => from === 'D' || to === 'D');
    expect(its.length).toBeGreaterThan(0);
    for (const { endMs } of its) expect(endMs).toBeLessThanOrEqual(lost!.fromMs);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['two satellites of one name', () => plan([polar('A', 0), polar('A', 30)]), /"A" .* name of two nodes/],
    ['a satellite named as a station', () => plan([polar('kiruna', 0)]), /"kiruna" .* name of two nodes/],
    [
      'a pair of strangers',
      () => plan(ring, { interSatellite: { ...links, pairs: [['A', 'X']] } }),
      /pair 0 names "X"/,
    ],
    [
      'a pair of one',
      () => plan(ring, { interSatellite: { ...links, pairs: [['A', 'A']] } }),
      /pair 0 is "A" and itself/,
    ],
    [
      'a pair twice',
      () => plan(ring, { interSatellite: { ...links, pairs: [...links.pairs, ['B', 'A']] } }),
      /pair 2, "B" and "A", is there twice/,
    ],
    [
      'a negative rate',
      () => plan(ring, { ground: { uplinkBitsPerSecond: -1 } }),
      /uplinkBitsPerSecond is -1/,
    ],
    [
      'a rate that is no number',
      () => plan(ring, { ground: { downlinkBitsPerSecond: Number.NaN } }),
      /downlinkBitsPerSecond is NaN/,
    ],
    ['an endless window', () => plan(ring).extend(Infinity), /end of the window is Infinity/],
    [
      'a station that is nowhere',
      () => plan(ring, { stations: [{ ...KIRUNA, latitudeDeg: 91 }] }),
      /latitude is 91/,
    ],
  ])('refuses %s', (_, make, reason) => {
    expect(make).toThrow(reason);
  });
});
