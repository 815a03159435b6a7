import { describe, expect, test } from 'vitest';
import {
  checkVectors,
  FAILING_SATELLITE,
  hasOrbits,
  verificationSets,
} from '../../../../bench/network/orbit-references.ts';
import { createOrbit } from '../../../../core/contact-plan/orbit/orbit.ts';

describe.skipIf(!hasOrbits)('SGP4 (needs ../shared/data)', () => {
  test('is within a millimetre of every published verification vector', () => {
    const { vectors, worstMm } = checkVectors();
    expect(vectors).toBe(666);
    expect(worstMm).toBeLessThanOrEqual(1);
  });

  test('refuses elements that it cannot fly at their own epoch', () => {
    const tle = verificationSets().find(({ catalogNumber }) => Number(catalogNumber) === FAILING_SATELLITE)!;
    expect(() => createOrbit(tle)).toThrow(
      /33334 .* its own epoch: its perturbed eccentricity leaves 0 to 1/,
    );
  });
});
