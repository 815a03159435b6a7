/** Adds each planet's mean orbital speed. Output: `{records, count}`. */
import type { JsonObject } from '../../core/json.ts';
import { loadPlanets, type Planet, planetsSchema, round } from './lib/planets.ts';

const KM_PER_AU = 149_597_870.7;
const SECONDS_PER_DAY = 86_400;

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { records: planetsSchema },
};

export async function handler({ records }: { records?: Planet[] }): Promise<JsonObject> {
  const planets = records ?? (await loadPlanets());
  const transformed = planets.map((planet) => ({
    ...planet,
    speedKmPerS: round(
      (2 * Math.PI * planet.semiMajorAxisAu * KM_PER_AU) / (planet.periodDays * SECONDS_PER_DAY),
      2,
    ),
  }));
  return { records: transformed, count: transformed.length };
}
