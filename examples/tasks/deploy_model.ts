/**
 * Puts a model of the planets' years in place and tries it on Ceres, whose year of 1,680 days it has not seen.
 * Output: `{file, model, trial: {name, periodDays}}`.
 */
import type { JsonObject } from '../../core/json.ts';
import { PermanentFailure } from '../../core/task/handler.ts';
import { saveFile } from '../../tasks/lib/files.ts';
import { fitPowerLaw, loadPlanets, pointOf, type PowerLaw, predict } from './lib/planets.ts';

const CERES = { name: 'Ceres', semiMajorAxisAu: 2.766, periodDays: 1680 };
const ERROR_MAX = 0.02;

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    model: {
      type: 'object',
      required: ['coefficient', 'exponent'],
      properties: { coefficient: { type: 'number' }, exponent: { type: 'number' } },
    },
    file: { type: 'string', minLength: 1 },
  },
};

export class ModelUnfit extends PermanentFailure {
  override readonly name = 'ModelUnfit';
}

export async function handler(input: { model?: PowerLaw; file?: string }): Promise<JsonObject> {
  const { model = fitPowerLaw((await loadPlanets()).map(pointOf)), file = 'models/year.json' } = input;
  const periodDays = Math.round(predict(model, CERES.semiMajorAxisAu));
  if (Math.abs(periodDays - CERES.periodDays) > ERROR_MAX * CERES.periodDays)
    throw new ModelUnfit(
      `The model gives Ceres a year of ${periodDays} days; it has ${CERES.periodDays}. Train it again.`,
    );
  await saveFile(file, `${JSON.stringify(model)}\n`);
  return { file, model, trial: { name: CERES.name, periodDays } };
}
