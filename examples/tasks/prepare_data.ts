/** Drops planets that can't be learned from and puts the rest in order. Output: `{records, count, dropped}`. */
import type { JsonObject } from '../../core/json.ts';
import { loadPlanets, type Planet } from './lib/planets.ts';

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { records: { type: 'array', items: { type: 'object' } } },
};

export async function handler({ records }: { records?: Planet[] }): Promise<JsonObject> {
  const planets = records ?? (await loadPlanets());
  const usable = planets
    .filter(({ semiMajorAxisAu, periodDays }) => semiMajorAxisAu > 0 && periodDays > 0)
    .sort((a, b) => a.semiMajorAxisAu - b.semiMajorAxisAu);
  return { records: usable, count: usable.length, dropped: planets.length - usable.length };
}
