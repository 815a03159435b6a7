/** Finds places in a sorted list of times nearly at once: by equal spans of time, of which each knows where it begins. */
export interface TimeIndex {
  readonly firstMs: number;
  readonly spansPerMs: number;
  /** By span, one longer: the first place whose time isn't before it. */
  readonly placeOf: Int32Array;
}

/** Times a span, on average. */
const TIMES = 4;

export function indexTimes(times: Float64Array): TimeIndex {
  const firstMs = times[0] ?? 0;
  const lengthMs = (times.at(-1) ?? 0) - firstMs;
  const spans = Math.max(1, Math.ceil(times.length / TIMES));
  // A little less, so that rounding puts no time beyond the last span; finite however close the times are.
  const spansPerMs = lengthMs > 0 ? Math.min((spans / lengthMs) * (1 - 2 ** -40), Number.MAX_VALUE) : 1;
  const placeOf = new Int32Array(spans + 1);
  let place = 0;
  for (let span = 0; span <= spans; span += 1) {
    while (place < times.length && (times[place]! - firstMs) * spansPerMs < span) place += 1;
    placeOf[span] = place;
  }
  return { firstMs, spansPerMs, placeOf };
}

/** Where times are crowded, so many at most are counted too much. */
const NEAR = 8;

/**
 * How many times are not after `nowMs`, or a few more. To count exactly would take a guess of the processor at each
 * step, and most guesses would be wrong.
 */
export function countBy(
  times: Float64Array,
  { firstMs, spansPerMs, placeOf }: TimeIndex,
  nowMs: number,
): number {
  const spans = placeOf.length - 1;
  const at = (nowMs - firstMs) * spansPerMs;
  const span = at < spans ? (at > 0 ? at | 0 : 0) : spans;
  let low = placeOf[span]!;
  let high = placeOf[span < spans ? span + 1 : spans]!;
  while (high - low > NEAR) {
    const middle = (low + high) >> 1;
    if (times[middle]! > nowMs) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** Of ascending numbers the first from `first` to before `end` that is not below `least`; `end` if none is. */
export function firstFrom(numbers: Int32Array, first: number, end: number, least: number): number {
  let low = first;
  let length = end - first;
  while (length > 0) {
    const half = (length + 1) >> 1;
    // All ones where the number is below: no branch that the processor would guess.
    low += half & ((numbers[low + half - 1]! - least) >> 31);
    length -= half;
  }
  return low;
}
