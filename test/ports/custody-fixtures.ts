import type { Transfer, TransferHop } from '../../core/custody/transfer.ts';
import type { Lane, Released } from '../../core/ports/release-lanes.ts';

export const T0 = Date.UTC(2026, 10, 21, 12);

export const hopTo = (to: string, changes: Partial<TransferHop> = {}): TransferHop => ({
  to,
  link: `hub-${to}`,
  channel: 'satellite',
  departMs: T0 + 60_000,
  ...changes,
});

/** One that waits, of 100 bytes, due at once. */
export const transfer = (bundleId: string, changes: Partial<Transfer> = {}): Transfer => ({
  bundleId,
  source: 'hub',
  destination: 'edge-1',
  precedence: 'routine',
  sizeBytes: 100,
  acceptedMs: T0,
  expiresMs: T0 + 3_600_000,
  state: 'waiting',
  attempt: 0,
  dueMs: T0,
  reason: 'accepted',
  ...changes,
});

export const bytesOf = (sizeBytes: number, seed = 1): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length: sizeBytes }, () => (state = (Math.imul(state, 48271) + 11) >>> 0) >>> 24);
};

export const LANE: Lane = { link: 'leo-7', to: 'edge-1', precedence: 'routine' };

export const released = (bundleId: string, changes: Partial<Released> = {}): Released => ({
  bundleId,
  attempt: 1,
  flow: 'hub',
  sizeBytes: 100,
  expiresMs: T0,
  ...changes,
});
