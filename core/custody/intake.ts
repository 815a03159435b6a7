/** What neighbours may bring into custody, so that one that floods costs nobody else anything. */
import { BundleRefused } from '../bundle/refusal.ts';
import { checkNumbers } from '../link-health/checks.ts';

export interface IntakeLimits {
  /** From each neighbour, in the long run. @default 16 MiB */
  bytesPerSecond?: number;
  /** From each at once. @default 128 MiB */
  burstBytes?: number;
  /** In custody, of what came from each. @default 512 MiB */
  heldBytesMax?: number;
}

interface Neighbour {
  tokens: number;
  atMs: number;
  heldBytes: number;
}

const MIB = 1 << 20;
/** Counted for each bundle beside its bytes, so that a flood of tiny ones is bounded too. */
const OVERHEAD_BYTES = 1024;

/** A token bucket and a quota for each neighbour. */
export class Intake {
  readonly #limits: Required<IntakeLimits>;
  readonly #neighbours = new Map<string, Neighbour>();

  /** Throws `InvalidInput`. */
  constructor({
    bytesPerSecond = 16 * MIB,
    burstBytes = 128 * MIB,
    heldBytesMax = 512 * MIB,
  }: IntakeLimits = {}) {
    const range = { least: 1, most: 2 ** 50 };
    this.#limits = checkNumbers(
      { bytesPerSecond, burstBytes, heldBytesMax },
      { bytesPerSecond: range, burstBytes: range, heldBytesMax: range },
    );
  }

  /** Throws `BundleRefused` (flooding) for what is above the limits; nothing is counted then. */
  admit(from: string, sizeBytes: number, nowMs: number): void {
    const { bytesPerSecond, burstBytes, heldBytesMax } = this.#limits;
    const neighbour = this.#of(from, nowMs);
    const bytes = sizeBytes + OVERHEAD_BYTES;
    const passed = (Math.max(0, nowMs - neighbour.atMs) / 1000) * bytesPerSecond;
    const tokens = Math.min(burstBytes, neighbour.tokens + passed);
    if (neighbour.heldBytes + bytes > heldBytesMax)
      throw new BundleRefused(
        'flooding',
        `${from} has ${neighbour.heldBytes} bytes in custody here; with ${bytes} more it is above ${heldBytesMax}`,
      );
    if (tokens < bytes)
      throw new BundleRefused(
        'flooding',
        `${from} sends more than ${bytesPerSecond} bytes a second, ${burstBytes} at once`,
      );
    neighbour.tokens = tokens - bytes;
    neighbour.atMs = Math.max(neighbour.atMs, nowMs);
  }

  /** It is in custody. */
  hold(from: string | undefined, sizeBytes: number, nowMs: number): void {
    if (from !== undefined) this.#of(from, nowMs).heldBytes += sizeBytes + OVERHEAD_BYTES;
  }

  /** It is no more. */
  letGo(from: string | undefined, sizeBytes: number): void {
    const neighbour = from === undefined ? undefined : this.#neighbours.get(from);
    if (neighbour) neighbour.heldBytes = Math.max(0, neighbour.heldBytes - sizeBytes - OVERHEAD_BYTES);
  }

  /** Nothing is held any more as far as is known: `hold` what is. */
  reset(): void {
    for (const neighbour of this.#neighbours.values()) neighbour.heldBytes = 0;
  }

  #of(from: string, nowMs: number): Neighbour {
    const known = this.#neighbours.get(from);
    if (known !== undefined) return known;
    const fresh = { tokens: this.#limits.burstBytes, atMs: nowMs, heldBytes: 0 };
    this.#neighbours.set(from, fresh);
    return fresh;
  }
}
