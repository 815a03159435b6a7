/** How a simulated link does over time: piecewise constant, made of traces, outages and contacts. */
import type { Contact } from '../contact-plan/contact.ts';
import { InvalidInput } from '../errors.ts';

export interface LinkState {
  isUp: boolean;
  rateBitsPerSecond: number;
  delayMs: number;
  /** Beside the delay, uniform from 0 to it. */
  jitterMs: number;
  /** Of what is sent, how much is lost. 0 to 1. */
  lossRate: number;
}

export interface LinkProfile {
  at(ms: number): LinkState;
  /** When the state is another the next time; Infinity if never. */
  nextChangeMs(ms: number): number;
}

/** A window `[startMs, endMs)`. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** Errors: `InvalidInput` for numbers that no link can have. */
export function steadyLink(state: Partial<LinkState> & { rateBitsPerSecond: number }): LinkProfile {
  const steady = { isUp: true, delayMs: 0, jitterMs: 0, lossRate: 0, ...state };
  const { rateBitsPerSecond, delayMs, jitterMs, lossRate } = steady;
  const isSound =
    rateBitsPerSecond > 0 && rateBitsPerSecond < Infinity && delayMs >= 0 && jitterMs >= 0 && lossRate >= 0;
  if (!isSound || lossRate > 1 || delayMs + jitterMs === Infinity)
    throw new InvalidInput(
      `A link can't be ${JSON.stringify(steady)}.`,
      'Give a rate above 0, delay and jitter from 0, and a loss rate from 0 to 1.',
    );
  return { at: () => steady, nextChangeMs: () => Infinity };
}

/** Down during the outages. They may overlap. */
export function withOutages(profile: LinkProfile, outages: readonly Span[]): LinkProfile {
  const spans = joined(outages);
  return {
    at(ms) {
      const span = spanAt(spans, ms);
      return span && span.startMs <= ms ? { ...profile.at(ms), isUp: false } : profile.at(ms);
    },
    nextChangeMs: (ms) => Math.min(profile.nextChangeMs(ms), nextEdge(spans, ms)),
  };
}

/** Up during the contacts of one link only, at their rates and delays. Errors: `InvalidInput` where they overlap. */
export function duringContacts(contacts: readonly Contact[], more: Partial<LinkState> = {}): LinkProfile {
  const sorted = contacts.toSorted((a, b) => a.startMs - b.startMs);
  const overlap = sorted.findIndex((contact, at) => at > 0 && contact.startMs < sorted[at - 1]!.endMs);
  if (overlap > 0)
    throw new InvalidInput(
      `The contacts at ${sorted[overlap - 1]!.startMs} and ${sorted[overlap]!.startMs} ms overlap.`,
      'Simulate each link by its own contacts.',
    );
  const down: LinkState = { isUp: false, rateBitsPerSecond: 0, delayMs: 0, jitterMs: 0, lossRate: 0 };
  return {
    at(ms) {
      const contact = spanAt(sorted, ms);
      if (!contact || contact.startMs > ms) return down;
      const { rateBitsPerSecond, delayMs, rateSteps = [] } = contact;
      const rate = rateSteps.findLast(({ atMs }) => atMs <= ms)?.rateBitsPerSecond ?? rateBitsPerSecond;
      return { ...down, isUp: true, delayMs, ...more, rateBitsPerSecond: rate };
    },
    nextChangeMs(ms) {
      const contact = spanAt(sorted, ms);
      const step = contact?.rateSteps?.find(({ atMs }) => atMs > ms)?.atMs ?? Infinity;
      return Math.min(step, nextEdge(sorted, ms));
    },
  };
}

/** Values that hold from a time on until the next one's. */
export interface Trace {
  /** Ascending. */
  atMs: readonly number[];
  values: readonly number[];
  /** After which it begins again; Infinity keeps the last value. */
  periodMs: number;
}

/** A link whose rate, delay or loss follows a trace; before its first sample it is as in the first. */
export function following(
  profile: LinkProfile,
  what: 'rateBitsPerSecond' | 'delayMs' | 'jitterMs' | 'lossRate',
  trace: Trace,
): LinkProfile {
  const { atMs, values, periodMs } = trace;
  if (atMs.length === 0) throw new InvalidInput('The trace is empty.', 'Give one with at least one sample.');
  const turnOf = (ms: number) => (periodMs === Infinity ? 0 : Math.floor(ms / periodMs) * periodMs);
  return {
    at(ms) {
      const at = firstAfter(atMs, ms - turnOf(ms)) - 1;
      return { ...profile.at(ms), [what]: values[Math.max(0, at)]! };
    },
    nextChangeMs(ms) {
      const turn = turnOf(ms);
      const at = atMs[firstAfter(atMs, ms - turn)];
      const next = at === undefined ? turn + periodMs : turn + at;
      return Math.min(next > ms ? next : turn + periodMs, profile.nextChangeMs(ms));
    },
  };
}

function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const { startMs, endMs } of spans.toSorted((a, b) => a.startMs - b.startMs)) {
    if (!(endMs > startMs))
      throw new InvalidInput(`An outage is from ${startMs} to ${endMs} ms.`, 'Give its start, then its end.');
    const last = result.at(-1);
    if (last && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else result.push({ startMs, endMs });
  }
  return result;
}

/** The first that ends after a time. */
function spanAt<S extends Span>(spans: readonly S[], ms: number): S | undefined {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.endMs > ms) high = middle;
    else low = middle + 1;
  }
  return spans[low];
}

function nextEdge(spans: readonly Span[], ms: number): number {
  const span = spanAt(spans, ms);
  if (!span) return Infinity;
  return span.startMs > ms ? span.startMs : span.endMs;
}

/** Index of the first time after one. */
function firstAfter(times: readonly number[], ms: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}
