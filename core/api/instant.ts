/** Instants as people and programs write them. */

/**
 * A date, a date with a time (UTC unless it says otherwise), or epoch milliseconds; undefined for anything else, days that
 * no calendar has among it.
 */
export function parseInstant(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const match = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/i.exec(text);
  if (match === null) return undefined;
  const [, date, time, zone] = match;
  const ms = Date.parse(time && !zone ? `${text}Z` : text);
  // Date.parse carries 31 February on to March.
  const day = new Date(`${date}T00:00Z`);
  if (Number.isNaN(ms) || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date)
    return undefined;
  return ms;
}

export const INSTANT_FIX = 'Write an instant such as 2026-11-21T08:00:00Z.';
