import type { Bookings } from '../contact-plan/bookings.ts';
import type { RateStep } from '../contact-plan/contact.ts';
import type { ContactPlan } from '../contact-plan/compile.ts';
import type { Overlay } from './conditions.ts';

/** When a bundle goes over a contact whose rate changes, that is degraded, or of which some is taken. */
export interface Transmitter {
  /** When the last bit has left if it may leave from `atMs` on, whole; Infinity if it doesn't fit. */
  earliestSent(position: number, atMs: number, bits: number, rank: number): number;
  /** When the first bit leaves of what `earliestSent` found last. */
  readonly departedMs: number;
  /** The latest that the first bit can leave for the last to have left by `byMs`; -Infinity if it doesn't fit. */
  latestDepart(position: number, byMs: number, bits: number, rank: number): number;
}

const NOTHING: readonly number[] = [];
const NO_STEPS: readonly RateStep[] = [];

export function createTransmitter(
  { positions, contacts }: ContactPlan,
  { rateFactor }: Overlay,
  bookings: Bookings | undefined,
): Transmitter {
  const stepsOf = (position: number) =>
    positions.hasSteps[position] === 0 ? NO_STEPS : contacts[positions.contact[position]!]!.rateSteps!;
  const factorOf = (position: number) => rateFactor?.[position] ?? 1;
  let departed = 0;

  return {
    earliestSent,
    latestDepart,
    get departedMs() {
      return departed;
    },
  };

  function earliestSent(position: number, atMs: number, bits: number, rank: number): number {
    let start = Math.max(atMs, positions.startMs[position]!);
    const taken = bookings?.takenAt(position, rank);
    if (taken === undefined) {
      departed = start;
      const sent = sentAfter(position, start, bits);
      return sent <= positions.endMs[position]! ? sent : Infinity;
    }
    const { bounds } = taken;
    for (let at = taken.firstEndingAfter(start); ; at += 2) {
      const free = at < bounds.length ? bounds[at]! : positions.endMs[position]!;
      if (start <= free) {
        const sent = sentAfter(position, start, bits);
        if (sent <= free) {
          departed = start;
          return sent;
        }
      }
      if (at >= bounds.length) return Infinity;
      start = Math.max(start, bounds[at + 1]!);
    }
  }

  function latestDepart(position: number, byMs: number, bits: number, rank: number): number {
    const taken = bookings?.takenAt(position, rank);
    const bounds = taken?.bounds ?? NOTHING;
    let end = Math.min(byMs, positions.endMs[position]!);
    let at = Math.min(taken?.firstEndingAfter(end) ?? 0, bounds.length - 2);
    for (; ; at -= 2) {
      if (at >= 0 && bounds[at]! >= end) continue;
      const isInGap = at < 0 || bounds[at + 1]! <= end;
      if (isInGap) {
        const free = at < 0 ? positions.startMs[position]! : bounds[at + 1]!;
        const depart = departBefore(position, end, bits);
        if (depart >= free) return depart;
        if (at < 0) return -Infinity;
      }
      end = Math.min(end, bounds[at]!);
    }
  }

  /** Infinity where the rate stays 0. */
  function sentAfter(position: number, departMs: number, bits: number): number {
    if (positions.hasSteps[position] === 0 && rateFactor === undefined)
      return departMs + (bits * 1000) / positions.rateBitsPerSecond[position]!;
    let left = bits * 1000;
    let now = departMs;
    let rate = positions.rateBitsPerSecond[position]! * factorOf(position);
    for (const { atMs, rateBitsPerSecond } of stepsOf(position)) {
      if (atMs > now) {
        if (left === 0 || now + left / rate <= atMs) return left === 0 ? now : now + left / rate;
        left -= (atMs - now) * rate;
        now = atMs;
      }
      rate = rateBitsPerSecond * factorOf(position);
    }
    return left <= 0 ? now : now + left / rate;
  }

  /** -Infinity where the rate was 0. */
  function departBefore(position: number, byMs: number, bits: number): number {
    let left = bits * 1000;
    let now = byMs;
    const steps = stepsOf(position);
    for (let at = steps.length - 1; at >= 0; at -= 1) {
      const { atMs, rateBitsPerSecond } = steps[at]!;
      if (atMs >= now) continue;
      const rate = rateBitsPerSecond * factorOf(position);
      if (left === 0 || now - left / rate >= atMs) return left === 0 ? now : now - left / rate;
      left -= (now - atMs) * rate;
      now = atMs;
    }
    return left <= 0 ? now : now - left / (positions.rateBitsPerSecond[position]! * factorOf(position));
  }
}
