/**
 * Learns how a planet's year follows from its distance (Kepler's third law says: by the power 1.5) and measures how well each
 * planet is foretold by a model that has not seen it. Output: `{model: {coefficient, exponent}, accuracy, samples}`.
 */
import type { JsonObject } from '../../core/json.ts';
import type { TaskContext } from '../../core/task/handler.ts';
import {
  fitPowerLaw,
  loadPlanets,
  type Planet,
  planetsSchema,
  pointOf,
  predict,
  round,
} from './lib/planets.ts';

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { records: { ...planetsSchema, minItems: 3 } },
};

export async function handler(
  { records }: { records?: Planet[] },
  context: TaskContext,
): Promise<JsonObject> {
  const points = (records ?? (await loadPlanets())).map(pointOf);
  let errorSum = 0;
  for (const left of points) {
    context.signal.throwIfAborted();
    const model = fitPowerLaw(points.filter((point) => point !== left));
    errorSum += Math.abs(predict(model, left.x) - left.y) / left.y;
    context.heartbeat();
  }
  const { coefficient, exponent } = fitPowerLaw(points);
  return {
    model: { coefficient: round(coefficient, 3), exponent: round(exponent, 4) },
    accuracy: round(1 - errorSum / points.length, 4),
    samples: points.length,
  };
}
