import type { Bundle, CreationTimestamp } from './bundle.ts';
import { BUNDLE_AGE, blockValue } from './known-blocks.ts';
import { BundleRefused } from './refusal.ts';

/** 2000-01-01T00:00:00Z, where DTN time starts (RFC 9171, section 4.2.6), in Unix time. */
export const DTN_EPOCH_MS = 946_684_800_000;

/** DTN time of a Unix time. Throws `BundleRefused` for a time at or before the epoch: 0 means that there is no clock. */
export function dtnTime(unixMs: number): number {
  const dtnMs = Math.floor(unixMs) - DTN_EPOCH_MS;
  if (dtnMs > 0) return dtnMs;
  throw new BundleRefused('malformed', `The time ${unixMs} is not after the start of the year 2000`, {
    fix: 'Set the clock, or make the bundle with the creation time 0 and a bundle age block.',
  });
}

/** Unix time of a creation timestamp; undefined when the source had no clock. */
export const createdMs = ({ dtnMs }: CreationTimestamp): number | undefined =>
  dtnMs === 0 ? undefined : dtnMs + DTN_EPOCH_MS;

/**
 * When the lifetime ends, in Unix time. A bundle of a source without a clock ages: it has what its bundle age block
 * leaves from when it was received here.
 * Throws `BundleRefused` (malformed) when it has neither a creation time nor an age.
 */
export function expiryMs(bundle: Bundle, receivedMs: number): number {
  const { creation, lifetimeMs } = bundle.primary;
  const madeMs = createdMs(creation);
  if (madeMs !== undefined) return madeMs + lifetimeMs;
  const ageMs = blockValue(bundle, BUNDLE_AGE);
  if (ageMs !== undefined) return receivedMs + lifetimeMs - ageMs;
  throw new BundleRefused('malformed', 'The bundle has the creation time 0, but no bundle age block', {
    fix: 'Give bundles of a source without a clock a bundle age block (RFC 9171, section 4.4.2).',
  });
}

/** Whether its lifetime is over. `receivedMs`: when it came here; now, unless given. */
export const isExpired = (bundle: Bundle, nowMs: number, receivedMs = nowMs): boolean =>
  nowMs >= expiryMs(bundle, receivedMs);
