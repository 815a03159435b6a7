/** Recorded links, as something that a probe can be sent over. Read from what tools write, whatever the file is called. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel } from '../../core/node/node.ts';
import { quantile } from '../statistics.ts';

export interface LinkTrace {
  name: string;
  /** What it is most like. */
  channel: Channel;
  /** The median. */
  rttMs: number;
  /** It begins anew after so long. */
  cycleMs: number;
  /** The longest time in which nothing got through. */
  silenceMs: number;
  /** How long a probe takes that is sent so long after the beginning; undefined: it is lost. */
  answerMs(sentMs: number): number | undefined;
}

/** All in a folder; what isn't a recorded link is left out. */
export function readLinkTraces(folder: string): LinkTrace[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => parseLinkTrace(name, readFileSync(join(folder, name), 'utf8')))
    .filter((trace) => trace !== undefined);
}

export function parseLinkTrace(name: string, text: string): LinkTrace | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const columns = (lines[0] ?? '')
    .toLowerCase()
    .split(',')
    .map((column) => column.trim());
  const [at, rtt] = [columns.indexOf('timestamp'), columns.findIndex((column) => column.startsWith('rtt'))];
  if (at !== -1 && rtt !== -1) {
    const rows = lines.slice(1).map((line) => line.split(',').map(Number));
    return pings(
      name,
      rows.map((row) => ({ atMs: row[at]! * 1000, rttMs: row[rtt]! })),
    );
  }
  const times = lines.map(Number);
  return times.length > 1 && times.every((time) => Number.isFinite(time))
    ? opportunities(name, times)
    : undefined;
}

/** Above this many of its usual gaps without an answer, those in between were lost. */
const LOST_GAPS = 4;

/** Round-trip times of pings that were sent all along: those without an answer are missing. */
function pings(name: string, rows: { atMs: number; rttMs: number }[]): LinkTrace | undefined {
  const samples = rows
    .filter(({ atMs, rttMs }) => Number.isFinite(atMs) && rttMs >= 0)
    .sort((a, b) => a.atMs - b.atMs);
  if (samples.length < 2) return undefined;
  const beginsMs = samples[0]!.atMs;
  const times = samples.map(({ atMs }) => atMs - beginsMs);
  const gapMs = quantile(gaps(times), 0.5);
  const cycleMs = times.at(-1)! + gapMs;
  return {
    name,
    channel: 'satellite',
    rttMs: quantile(
      samples.map(({ rttMs }) => rttMs),
      0.5,
    ),
    cycleMs,
    silenceMs: gaps(times).reduce((longest, gap) => Math.max(longest, gap), 0),
    answerMs(sentMs) {
      const atMs = sentMs % cycleMs;
      const index = firstAtOrAfter(times, atMs);
      if (index === times.length) return samples[0]!.rttMs;
      return times[index]! - atMs > LOST_GAPS * gapMs ? undefined : samples[index]!.rttMs;
    },
  };
}

/** What a cellular network takes there and back when it doesn't wait. */
const CELLULAR_RTT_MS = 60;

/** mahimahi: a line for each packet that could be delivered, in milliseconds; what is sent in between waits for the next. */
function opportunities(name: string, unsorted: number[]): LinkTrace | undefined {
  const times = unsorted.toSorted((a, b) => a - b);
  const cycleMs = times.at(-1)!;
  if (times[0]! < 0 || cycleMs <= 0) return undefined;
  return {
    name,
    channel: 'secondary',
    rttMs: CELLULAR_RTT_MS + quantile(gaps(times), 0.5) / 2,
    cycleMs,
    silenceMs: gaps(times).reduce((longest, gap) => Math.max(longest, gap), times[0]!),
    answerMs(sentMs) {
      const atMs = sentMs % cycleMs;
      return times[firstAtOrAfter(times, atMs)]! - atMs + CELLULAR_RTT_MS;
    },
  };
}

const gaps = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => time - times[index]!);

function firstAtOrAfter(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
