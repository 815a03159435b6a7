/** What benches say of many figures. */

/** Between the two in the middle where there is none there. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One of them, below which lies that share of all, 0 to 1. */
export const quantile = (values: ArrayLike<number>, share: number): number =>
  Float64Array.from(values).sort()[Math.min(values.length - 1, Math.floor(values.length * share))]!;

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

export interface Quantiles {
  p50: number;
  p95: number;
  most: number;
}

export const quantiles = (values: ArrayLike<number>): Quantiles => ({
  p50: quantile(values, 0.5),
  p95: quantile(values, 0.95),
  most: quantile(values, 1),
});
