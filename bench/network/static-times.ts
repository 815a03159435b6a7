import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Quantiles {
  p50: number;
  p95: number;
  most: number;
}

/** Processor time of the process, the collector's included, so that a busy machine counts for little. */
export function processorMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export function quantiles(times: readonly number[]): Quantiles {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { p50: at(0.5), p95: at(0.95), most: at(1) };
}

export const median = (times: readonly number[]): number => quantiles(times).p50;

/** So that no engine pays for what another left behind. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
