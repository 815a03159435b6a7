import type { Bundle } from './bundle.ts';
import type { Eid } from './eid.ts';
import { BUNDLE_AGE, blockValue, HOP_COUNT, PREVIOUS_NODE, withBlock } from './known-blocks.ts';
import { createdMs, expiryMs } from './expiry.ts';
import { BundleRefused } from './refusal.ts';

export interface ArrivalLimits {
  bundleBytesMax: number;
  /** How far a source's clock may be ahead. */
  clockSkewMsMax: number;
  lifetimeMsMax: number;
}

export interface Arrival {
  /** Of the bundle as it came. */
  sizeBytes: number;
  nowMs: number;
  limits: ArrivalLimits;
}

/**
 * Refuses what must not be stored or passed on: too large, expired, from the future, of an absurd lifetime, or more
 * hops away from its source than it may be. Throws `BundleRefused` with the reason.
 */
export function checkArrival(bundle: Bundle, { sizeBytes, nowMs, limits }: Arrival): void {
  const { creation, lifetimeMs, source } = bundle.primary;
  const named = `The bundle ${creation.dtnMs}.${creation.sequence} from ${source}`;
  if (sizeBytes > limits.bundleBytesMax) {
    throw new BundleRefused('too-large', `${named} has ${sizeBytes} bytes, above ${limits.bundleBytesMax}`);
  }
  if (lifetimeMs > limits.lifetimeMsMax) {
    throw new BundleRefused(
      'too-large',
      `${named} has a lifetime of ${lifetimeMs} ms, above ${limits.lifetimeMsMax}`,
    );
  }
  const aheadMs = (createdMs(creation) ?? nowMs) - nowMs;
  if (aheadMs > limits.clockSkewMsMax) {
    throw new BundleRefused(
      'from-the-future',
      `${named} is ${aheadMs} ms ahead, above ${limits.clockSkewMsMax}`,
    );
  }
  const overMs = nowMs - expiryMs(bundle, nowMs);
  if (overMs >= 0) throw new BundleRefused('expired', `${named} expired ${overMs} ms ago`);
  const hops = blockValue(bundle, HOP_COUNT);
  if (hops && hops.count > hops.limit) {
    throw new BundleRefused('looping', `${named} made ${hops.count} hops, above its limit of ${hops.limit}`);
  }
}

export interface Departure {
  /** The node that sends it on. */
  node: Eid;
  receivedMs: number;
  nowMs: number;
}

/**
 * The bundle as it leaves for the next node (RFC 9171, section 5.4): this node named as the previous one, one more hop
 * counted and the stay here added to the age, where it has these blocks. Throws `BundleRefused` (looping, expired).
 */
export function departing(bundle: Bundle, { node, receivedMs, nowMs }: Departure): Bundle {
  const leftMs = expiryMs(bundle, receivedMs) - nowMs;
  if (leftMs <= 0) throw new BundleRefused('expired', `The bundle expired here ${-leftMs} ms ago`);
  let leaving = withBlock(bundle, PREVIOUS_NODE, node);
  const hops = blockValue(bundle, HOP_COUNT);
  if (hops) {
    const count = hops.count + 1;
    if (count > hops.limit) {
      throw new BundleRefused(
        'looping',
        `The next hop would be the bundle's ${count}th, above its limit of ${hops.limit}`,
      );
    }
    leaving = withBlock(leaving, HOP_COUNT, { ...hops, count });
  }
  const ageMs = blockValue(bundle, BUNDLE_AGE);
  if (ageMs === undefined) return leaving;
  const stayMs = Math.max(0, Math.ceil(nowMs - receivedMs));
  return withBlock(leaving, BUNDLE_AGE, ageMs + stayMs);
}
