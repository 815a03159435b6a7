/** Settings and samples that can't be: refused where they come in, so that nothing behind divides by them. */
import { InvalidInput } from '../errors.ts';

interface Range {
  least: number;
  most: number;
  isWhole?: boolean;
}

/** Throws `InvalidInput` naming the setting, what came and what may come. */
export function checkNumber(name: string, value: number, { least, most, isWhole = false }: Range): number {
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  throw new InvalidInput(
    `${name} is ${String(value)}.`,
    `Give ${isWhole ? 'a whole' : 'a'} number from ${least} to ${most}.`,
  );
}

/** Throws `InvalidInput` unless each is a number of its range. */
export function checkNumbers<Settings extends object>(
  settings: Settings,
  ranges: Partial<Record<keyof Settings & string, Range>>,
): Settings {
  for (const [name, range] of Object.entries(ranges) as [keyof Settings & string, Range][])
    checkNumber(name, settings[name] as number, range);
  return settings;
}

/** A time that came in: any finite number of milliseconds. */
export function checkTime(nowMs: number): number {
  if (Number.isFinite(nowMs)) return nowMs;
  throw new InvalidInput(`The time is ${String(nowMs)}.`, 'Give a finite number of milliseconds.');
}

export const DAY_MS = 86_400_000;
