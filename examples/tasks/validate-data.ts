/** Checks that each planet has a name and positive, finite numbers. Output: `{valid: true, records, count}`. */
import type { JsonObject } from '../../core/json.ts';
import { PermanentFailure } from '../../core/task/handler.ts';
import { loadPlanets, type Planet, planetsSchema } from './lib/planets.ts';

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { records: planetsSchema },
};

export class InvalidRecords extends PermanentFailure {
  override readonly name = 'InvalidRecords';
}

export async function handler({ records }: { records?: Planet[] }): Promise<JsonObject> {
  const planets = records ?? (await loadPlanets());
  const problems = planets.flatMap((planet, index) =>
    (['semiMajorAxisAu', 'periodDays'] as const)
      .filter((field) => !(planet[field] > 0 && Number.isFinite(planet[field])))
      .map((field) => `record ${index} (${planet.name}): ${field} is ${String(planet[field])}`),
  );
  if (problems.length > 0)
    throw new InvalidRecords(`${problems.join('; ')}. Each must be a number above 0: correct the records.`);
  return { valid: true, records: planets, count: planets.length };
}
