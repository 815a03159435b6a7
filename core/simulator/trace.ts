/** Traces of real links from text. */
import { InvalidInput } from '../errors.ts';
import type { Trace } from './link-profile.ts';

const PACKET_BITS = 1500 * 8;
const SAMPLES_MAX = 10_000_000;

/**
 * The rate of a packet delivery trace as mahimahi has it: a line for each packet of 1500 bytes that could be delivered,
 * with its millisecond. Rates are means over `binMs`; the trace begins again after its last bin.
 * Errors: `InvalidInput`, with the line.
 */
export function readPacketTrace(text: string, name: string, binMs = 100): Trace {
  if (!(binMs > 0 && binMs < Infinity))
    throw new InvalidInput(`binMs is ${binMs}.`, 'Give milliseconds above 0.');
  const times = linesOf(text, name).map(({ line, number }) => {
    if (!/^\d{1,15}$/.test(line)) refuse(name, number, line, 'Give one whole number of milliseconds a line.');
    return { ms: Number(line), number };
  });
  times.forEach(({ ms, number }, at) => {
    if (at > 0 && ms < times[at - 1]!.ms)
      refuse(name, number, String(ms), `Order it by time; the line before has ${times[at - 1]!.ms}.`);
  });
  const bins = Math.floor(times.at(-1)!.ms / binMs) + 1;
  if (bins > SAMPLES_MAX)
    refuse(name, times.at(-1)!.number, String(times.at(-1)!.ms), 'Give a shorter trace.');
  const packets = new Float64Array(bins);
  for (const { ms } of times) packets[Math.floor(ms / binMs)]! += 1;
  return {
    atMs: Array.from(packets, (_, bin) => bin * binMs),
    values: Array.from(packets, (count) => (count * PACKET_BITS * 1000) / binMs),
    periodMs: bins * binMs,
  };
}

/**
 * One-way delays, half of round-trip times, from CSV with a header: one column of seconds and one of milliseconds.
 * Times count from the first line's. Errors: `InvalidInput`, with the line.
 */
export function readRoundTripTrace(
  text: string,
  name: string,
  columns = { time: 'relative', rtt: 'rtt' },
): Trace {
  const [header, ...rows] = linesOf(text, name);
  const names = header!.line.split(',').map((column) => column.trim());
  const [time, rtt] = [names.indexOf(columns.time), names.indexOf(columns.rtt)];
  if (time < 0 || rtt < 0 || rows.length === 0)
    refuse(
      name,
      header!.number,
      header!.line,
      `Give a header with ${columns.time} and ${columns.rtt}, and samples.`,
    );
  const atMs: number[] = [];
  const values: number[] = [];
  for (const { line, number } of rows) {
    const cells = line.split(',');
    const [seconds, ms] = [Number(cells[time] || Number.NaN), Number(cells[rtt] || Number.NaN)];
    if (!Number.isFinite(seconds) || !(ms >= 0 && ms < Infinity))
      refuse(name, number, line, 'Give two numbers.');
    if (atMs.length > 0 && seconds * 1000 < atMs.at(-1)!) refuse(name, number, line, 'Order it by time.');
    atMs.push(seconds * 1000);
    values.push(ms / 2);
  }
  const startMs = atMs[0]!;
  return { atMs: atMs.map((ms) => ms - startMs), values, periodMs: Infinity };
}

function linesOf(text: string, name: string): { line: string; number: number }[] {
  const lines = text
    .split(/\r\n|[\r\n]/)
    .map((line, at) => ({ line: line.trim(), number: at + 1 }))
    .filter(({ line }) => line !== '');
  if (lines.length === 0) throw new InvalidInput(`${name} is empty.`, 'Give a trace with at least one line.');
  if (lines.length > SAMPLES_MAX)
    throw new InvalidInput(`${name} has ${lines.length} lines.`, `Give at most ${SAMPLES_MAX}.`);
  return lines;
}

function refuse(name: string, number: number, came: string, fix: string): never {
  throw new InvalidInput(`${name}:${number}: "${came.slice(0, 60)}" is no sample of the trace.`, fix);
}
