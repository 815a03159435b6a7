/** What an originator may send ahead of others. */
import { InvalidInput } from '../errors.ts';
import { PRECEDENCES, type Precedence } from './precedence.ts';

/** A token bucket: `burstBytes` at once, `bytesPerSecond` in the long run. */
export interface Allowance {
  bytesPerSecond: number;
  burstBytes: number;
}

/** Served strictly before the others, and therefore policed. */
export const STRICT = ['flash-override', 'flash', 'immediate'] as const satisfies readonly Precedence[];
export type StrictPrecedence = (typeof STRICT)[number];

/** Of each originator; a precedence that isn't named isn't policed. */
export type Policing = Partial<Record<StrictPrecedence, Allowance>>;

const SHARES = { 'flash-override': 0.1, flash: 0.1, immediate: 0.2 } as const;
const BURST_SECONDS = 600;

/** A tenth of the link each for the two highest, a fifth for immediate, ten minutes of it at once. */
export function policingOf(rateBitsPerSecond: number): Policing {
  return Object.fromEntries(
    STRICT.map((precedence) => {
      const bytesPerSecond = (rateBitsPerSecond / 8) * SHARES[precedence];
      return [precedence, { bytesPerSecond, burstBytes: bytesPerSecond * BURST_SECONDS }];
    }),
  );
}

/** Buckets that are looked at for one that is full. */
const LOOKS_MAX = 8;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Lets through what conforms. The excess goes down to the next precedence in which its originator has tokens left, in
 * the end to the highest that isn't strict: it is late and never lost.
 */
export class Policer {
  readonly #policing: Policing;
  readonly #bucketsMax: number;
  /** The longest unused first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(policing: Policing, bucketsMax: number) {
    for (const [precedence, { bytesPerSecond, burstBytes }] of Object.entries(policing))
      if (!(bytesPerSecond >= 0 && burstBytes >= 0))
        throw new InvalidInput(
          `The allowance for ${precedence} is ${bytesPerSecond} bytes/s and ${burstBytes} bytes at once.`,
          'Give both from 0.',
        );
    this.#policing = policing;
    this.#bucketsMax = bucketsMax;
  }

  /** The precedence that it gets. */
  admit(precedence: Precedence, originator: string, sizeBytes: number, nowMs: number): Precedence {
    for (const strict of STRICT.slice(PRECEDENCES.indexOf(precedence))) {
      const allowance = this.#policing[strict];
      if (allowance === undefined || this.#takes(`${strict} ${originator}`, allowance, sizeBytes, nowMs))
        return strict;
    }
    return STRICT.includes(precedence as StrictPrecedence) ? 'priority' : precedence;
  }

  #takes(key: string, allowance: Allowance, sizeBytes: number, nowMs: number): boolean {
    if (sizeBytes > allowance.burstBytes) return false;
    const bucket = this.#buckets.get(key) ?? this.#create(allowance, nowMs);
    if (!bucket) return false;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    fill(bucket, allowance, nowMs);
    if (bucket.tokens < sizeBytes) return false;
    bucket.tokens -= sizeBytes;
    return true;
  }

  /** A full bucket says nothing that a new one wouldn't, and the longest unused is the first to be full. */
  #create({ burstBytes }: Allowance, nowMs: number): Bucket | undefined {
    let looks = this.#buckets.size < this.#bucketsMax ? 0 : LOOKS_MAX;
    for (const [key, bucket] of this.#buckets) {
      if (looks-- <= 0) break;
      const allowance = this.#policing[key.slice(0, key.indexOf(' ')) as StrictPrecedence]!;
      fill(bucket, allowance, nowMs);
      if (bucket.tokens >= allowance.burstBytes) this.#buckets.delete(key);
    }
    return this.#buckets.size < this.#bucketsMax ? { tokens: burstBytes, atMs: nowMs } : undefined;
  }
}

function fill(bucket: Bucket, { bytesPerSecond, burstBytes }: Allowance, nowMs: number): void {
  if (nowMs <= bucket.atMs) return;
  bucket.tokens = Math.min(burstBytes, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * bytesPerSecond);
  bucket.atMs = nowMs;
}
