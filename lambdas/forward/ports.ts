import type { Booked } from '../../core/custody/booked.ts';
import type { Channels } from '../../core/custody/channels.ts';
import type { Deletion } from '../../core/custody/deletion.ts';
import type { Intake } from '../../core/custody/intake.ts';
import type { Keys } from '../../core/custody/protection.ts';
import type { BundleLabel } from '../../core/bundle/extensions.ts';
import type { Isolation } from '../../core/link-health/isolation.ts';
import type { NetworkView } from '../../core/network/view.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Compression } from '../../core/ports/compression.ts';
import type { ContactTimers } from '../../core/ports/contact-timers.ts';
import type { CustodyStore } from '../../core/ports/custody-store.ts';
import type { LinkClient } from '../../core/ports/link-client.ts';
import type { Random } from '../../core/ports/random.ts';
import type { ReleaseLanes } from '../../core/ports/release-lanes.ts';
import type { Precedence } from '../../core/satellite/precedence.ts';

/** What a service here is told of a bundle beside its payload. */
export interface Delivered {
  /** The same for the same bundle, whichever way it came. */
  bundleId: string;
  /** Id of the node that made it. */
  source: string;
  precedence: Precedence;
  label?: BundleLabel;
  /** As it was addressed: its name, and what the sender put behind it, such as `placed/7`. */
  service: string;
  /** It is no message, but says that a bundle from here was deleted on its way (RFC 9171, section 6.1). */
  deletion?: Deletion;
}

/**
 * Takes a payload. It is handed out at least once, so what it does must be harmless to repeat by `bundleId`. Errors of the
 * kinds `unavailable`, `limited` and `internal`: it comes again, until it expires; others: it is dead.
 */
export type Service = (payload: Uint8Array, delivered: Delivered) => Promise<void>;

export interface CustodyPorts {
  /** Id of this node. */
  node: string;
  custody: CustodyStore;
  clock: Clock;
  compression: Compression;
  /** @default nothing is protected */
  keys?: Keys;
  /** @default neighbours may bring what they like */
  intake?: Intake;
  /** @default `CUSTODY_LIMITS` */
  limits?: Partial<CustodyLimits>;
}

export interface CustodyLimits {
  /** Of a bundle as it travels, and of a payload. */
  bundleBytesMax: number;
  /** How far a source's clock may be ahead. */
  clockSkewMsMax: number;
  lifetimeMsMax: number;
  /** In custody. Neighbours are refused above it, what begins here is not. */
  heldBytesMax: number;
  /** So long beyond its expiry a bundle is remembered. */
  rememberMs: number;
  /** An acknowledgement may be late by so much. */
  ackMarginMs: number;
  /** One of flash and above: going twice costs less than waiting for what was lost. */
  urgentAckMarginMs: number;
  /** A service has so long before a bundle is handed to it again. */
  serviceMs: number;
  /** A more urgent bundle waits for at most so much. */
  fragmentBytesMax: number;
  /** On a thin link less, so that it takes no longer than this; 1 KB at least. */
  fragmentMsMax: number;
}

export const CUSTODY_LIMITS: CustodyLimits = {
  bundleBytesMax: 1 << 26,
  clockSkewMsMax: 60_000,
  lifetimeMsMax: 3650 * 86_400_000,
  heldBytesMax: 2 ** 34,
  rememberMs: 86_400_000,
  ackMarginMs: 2000,
  urgentAckMarginMs: 500,
  serviceMs: 60_000,
  fragmentBytesMax: 1 << 16,
  fragmentMsMax: Infinity,
};

export const limitsOf = ({ limits }: CustodyPorts): CustodyLimits => ({ ...CUSTODY_LIMITS, ...limits });

export interface ForwardPorts extends CustodyPorts {
  lanes: ReleaseLanes;
  links: LinkClient;
  /** @default a channel that fails is tried by every bundle */
  isolation?: Isolation;
  timers: ContactTimers;
  /** @default a bundle is planned as if it were the only one */
  booked?: Booked;
  network: Pick<NetworkView, 'registered' | 'routes' | 'contacts'>;
  channels: Channels;
  /** By name, which ends at the first slash. @default what ends here is left to another process */
  services?: Readonly<Record<string, Service>>;
  random: Random;
}
