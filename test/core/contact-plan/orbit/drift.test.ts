import { describe, expect, test } from 'vitest';
import { hasOrbits, readOrbits } from '../../../../bench/network/orbit-references.ts';
import { dragLifetimeDays, driftAt, uselessAt } from '../../../../core/contact-plan/orbit/drift.ts';
import { parseTle } from '../../../../core/contact-plan/orbit/tle.ts';
import { EPOCH_MS, tleOf } from './elements.ts';

const DAY_MS = 86_400_000;

describe('the doubt about an element set', () => {
  test('is a kilometre at its epoch, two more a day, and the same before it as after it', () => {
    const tle = tleOf({ dot: ' .00000000' });
    expect(driftAt(tle, EPOCH_MS).alongTrackKm).toBe(1);
    expect(driftAt(tle, EPOCH_MS + 7 * DAY_MS).alongTrackKm).toBe(15);
    expect(driftAt(tle, EPOCH_MS - 7 * DAY_MS)).toEqual(driftAt(tle, EPOCH_MS + 7 * DAY_MS));
    // 15 km at 7.6 km/s.
    expect(driftAt(tle, EPOCH_MS + 7 * DAY_MS).timingMs).toBeCloseTo((15 / 7.63) * 1000, -2);
  });

  test('grows with the square of the age where there is drag', () => {
    const [calm, dragged] = [' .00000000', ' .00020000'].map((dot) => tleOf({ dot }));
    const drag = (days: number) =>
      driftAt(dragged!, EPOCH_MS + days * DAY_MS).alongTrackKm -
      driftAt(calm!, EPOCH_MS + days * DAY_MS).alongTrackKm;
    expect(drag(10) / drag(5)).toBeCloseTo(4, 6);
    expect(drag(10)).toBeGreaterThan(50);
  });

  test('knows no drag where there is no air', () => {
    const gps = { revolutionsPerDay: 2.0056, inclinationDeg: 55, eccentricity: 0.01 };
    expect(driftAt(tleOf({ ...gps, dot: ' .00020000' }), EPOCH_MS + 9 * DAY_MS)).toEqual(
      driftAt(tleOf({ ...gps, dot: ' .00000000' }), EPOCH_MS + 9 * DAY_MS),
    );
    expect(dragLifetimeDays(tleOf({ ...gps, dot: ' .00020000' }))).toBe(Infinity);
  });
});

describe('an element set is of no use', () => {
  test('once its drag has brought the satellite down', () => {
    const falling = tleOf({ revolutionsPerDay: 16.2, dot: ' .01000000', drag: ' 50000-3' });
    expect(dragLifetimeDays(falling)).toBeLessThan(20);
    expect(uselessAt(falling, EPOCH_MS + DAY_MS)).toBeUndefined();
    expect(uselessAt(falling, EPOCH_MS + 30 * DAY_MS)).toMatch(/30\.0 days old .* it has decayed/);
  });

  test('once the satellite may be an eighth of a revolution off', () => {
    const tle = tleOf({});
    expect(uselessAt(tle, EPOCH_MS + 100 * DAY_MS)).toBeUndefined();
    expect(uselessAt(tle, EPOCH_MS + 3000 * DAY_MS)).toMatch(/3000 days from their epoch, .* km off/);
    expect(uselessAt(tle, EPOCH_MS - 3000 * DAY_MS)).toMatch(/3000 days from their epoch/);
  });

  test
    .skipIf(!hasOrbits)
    .each(['oneweb-2025-01.tle', 'iridium-next-2025-01.tle', 'gps-ops-2020.tle', 'passes_set30.tle'])(
    'but none of %s for a week (needs ../shared/data)',
    (name) => {
      for (const tle of parseTle(readOrbits(name)))
        expect(uselessAt(tle, tle.epochMs + 7 * DAY_MS), tle.name).toBeUndefined();
    },
  );
});
