import type { PlanNote, PlanRow } from './settle.ts';
import { endingAt, startingAt } from './settle.ts';

/** How far apart two nodes are meanwhile. */
export interface Range {
  from: string;
  to: string;
  startMs: number;
  endMs: number;
  delayMs: number;
  /** `line 12`. */
  at: string;
}

const pairOf = (from: string, to: string): string => JSON.stringify([from, to]);

/**
 * Contacts with the delays of the ranges that they fall into, cut where the range changes. What no range covers has no
 * delay. Notes ranges that contradict each other, of which the first holds.
 */
export function withDelays(rows: readonly PlanRow[], ranges: readonly Range[], notes: PlanNote[]): PlanRow[] {
  const byPair = new Map<string, Range[]>();
  for (const range of ranges) {
    const pair = pairOf(range.from, range.to);
    const others = byPair.get(pair);
    if (others === undefined) byPair.set(pair, [range]);
    else others.push(range);
  }
  for (const list of byPair.values()) sortOut(list, notes);
  return rows.flatMap((row) => {
    const { from, to } = row.contact;
    const found = byPair.get(pairOf(from, to)) ?? byPair.get(pairOf(to, from));
    return found === undefined ? [row] : cut(row, found);
  });
}

/** Sorts by time and takes out what overlaps. */
function sortOut(list: Range[], notes: PlanNote[]): void {
  list.sort((a, b) => a.startMs - b.startMs);
  let kept = 0;
  for (const range of list) {
    const last = list[kept - 1];
    if (kept > 0 && range.startMs < last!.endMs) {
      if (range.delayMs === last!.delayMs) last!.endMs = Math.max(last!.endMs, range.endMs);
      else notes.push({ at: range.at, message: `it overlaps the range of ${last!.at}; it is left out` });
    } else {
      list[kept] = range;
      kept += 1;
    }
  }
  list.length = kept;
}

/** `ranges` are sorted and don't overlap. */
function cut({ contact, at }: PlanRow, ranges: readonly Range[]): PlanRow[] {
  const parts: PlanRow[] = [];
  let rest = contact;
  for (const range of ranges.slice(firstAfter(ranges, contact.startMs))) {
    if (range.startMs >= rest.endMs) break;
    if (range.startMs > rest.startMs) {
      parts.push({ contact: endingAt(rest, range.startMs), at });
      rest = startingAt(rest, range.startMs);
    }
    if (range.endMs >= rest.endMs) return [...parts, { contact: { ...rest, delayMs: range.delayMs }, at }];
    parts.push({ contact: { ...endingAt(rest, range.endMs), delayMs: range.delayMs }, at });
    rest = startingAt(rest, range.endMs);
  }
  return [...parts, { contact: rest, at }];
}

/** Index of the first range that ends after a time. */
function firstAfter(ranges: readonly Range[], atMs: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.endMs > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
