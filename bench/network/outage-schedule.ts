/** When channels fail: at random, briefly or for long, flapping, or all at once. */
import type { Channel } from '../../core/node/node.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';

/** Sorted, none overlapping. */
export type Outages = readonly { startMs: number; endMs: number }[];

/** Milliseconds that a channel works and fails, from and to. */
interface Habit {
  worksMs: readonly [number, number];
  failsMs: readonly [number, number];
}

const HABITS: readonly Habit[] = [
  // It never fails, or it never works.
  { worksMs: [1e9, 1e9], failsMs: [1, 1] },
  { worksMs: [0, 0], failsMs: [1e9, 1e9] },
  // Blips that nobody should notice.
  { worksMs: [2000, 20_000], failsMs: [20, 700] },
  // Fades, outages, and long ones.
  { worksMs: [5000, 60_000], failsMs: [1000, 15_000] },
  { worksMs: [20_000, 120_000], failsMs: [10_000, 60_000] },
  { worksMs: [10_000, 100_000], failsMs: [60_000, 240_000] },
  // Flapping, at any speed.
  { worksMs: [500, 4000], failsMs: [500, 4000] },
  { worksMs: [5000, 10_000], failsMs: [4000, 8000] },
  { worksMs: [14_000, 25_000], failsMs: [4000, 6000] },
];

/** One schedule a channel; in a third of the draws a jammer takes several of them at once. */
export function drawOutages(channels: readonly Channel[], lastsMs: number, random: SeededRandom): Outages[] {
  const own = channels.map(() => draw(random.pick(HABITS), lastsMs, random));
  if (random.next() > 1 / 3) return own;
  const jammer = draw(random.pick(HABITS.slice(3)), lastsMs, random);
  return own.map((outages) => (random.next() < 0.6 ? union(outages, jammer) : outages));
}

function draw({ worksMs, failsMs }: Habit, lastsMs: number, random: SeededRandom): Outages {
  const outages: { startMs: number; endMs: number }[] = [];
  let startMs = random.between(...worksMs) * random.next();
  while (startMs < lastsMs) {
    const endMs = startMs + random.between(...failsMs);
    outages.push({ startMs, endMs });
    startMs = endMs + Math.max(1, random.between(...worksMs));
  }
  return outages;
}

function union(one: Outages, other: Outages): Outages {
  const merged: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of [...one, ...other].sort((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (last !== undefined && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else merged.push({ startMs, endMs });
  }
  return merged;
}

export function isCut(outages: Outages, fromMs: number, toMs: number): boolean {
  // The first that ends after the beginning.
  let low = 0;
  let high = outages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (outages[middle]!.endMs <= fromMs) low = middle + 1;
    else high = middle;
  }
  return low < outages.length && outages[low]!.startMs <= toMs;
}

/** The longest time without an outage in a window. */
export function longestLifeMs(outages: Outages, fromMs: number, toMs: number): number {
  let longestMs = 0;
  let sinceMs = fromMs;
  for (const { startMs, endMs } of outages) {
    if (startMs >= toMs) break;
    longestMs = Math.max(longestMs, startMs - sinceMs);
    sinceMs = Math.max(sinceMs, endMs);
  }
  return Math.max(longestMs, toMs - sinceMs);
}
