/** The planets and what can be worked out from them: the data that the example tasks use when they are given none. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentFailure } from '../../../core/task/handler.ts';

export type Planet = {
  name: string;
  semiMajorAxisAu: number;
  periodDays: number;
  radiusKm?: number;
};

export async function loadPlanets(): Promise<Planet[]> {
  return JSON.parse(
    await readFile(join(import.meta.dirname, '..', '..', 'data', 'planets.json'), 'utf8'),
  ) as Planet[];
}

/** Schema of a list of planets, for the input of tasks. */
export const planetsSchema = {
  type: 'array',
  items: { type: 'object', required: ['name', 'semiMajorAxisAu', 'periodDays'] },
};

/** `y = coefficient × x^exponent`. */
export type PowerLaw = { coefficient: number; exponent: number };

/** Least squares on the logarithms. */
export function fitPowerLaw(points: readonly { x: number; y: number }[]): PowerLaw {
  if (points.length < 2)
    throw new PermanentFailure(
      `A power law needs at least 2 records and got ${points.length}. Give more records.`,
    );
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const meanX = logs.reduce((sum, { x }) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, { y }) => sum + y, 0) / logs.length;
  const covariance = logs.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const variance = logs.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const exponent = covariance / variance;
  return { exponent, coefficient: Math.exp(meanY - exponent * meanX) };
}

export const predict = ({ coefficient, exponent }: PowerLaw, x: number): number =>
  coefficient * x ** exponent;

export const pointOf = ({ semiMajorAxisAu: x, periodDays: y }: Planet) => ({ x, y });

export const round = (value: number, digits: number): number => Number(value.toFixed(digits));
