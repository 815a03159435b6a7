/** Stands between a connection and the broker: what is too large is refused before it is held, what is too much waits. */
import { Duplex } from 'node:stream';
import { FRAME_BYTES_MAX } from '../core/node/frames.ts';
import type { Clock } from '../core/ports/clock.ts';

export interface GuardLimits {
  /** Of the first packet, before anybody is known to be who they say. @default 4 KiB */
  greetingBytesMax: number;
  /** Of any other: a frame and its topic. @default 128 KiB and 512 bytes */
  packetBytesMax: number;
  /** Packets taken of a connection, in the long run; more wait in the network. @default 500 */
  packetsPerSecond: number;
  /** Packets taken at once after a pause. @default 1000 */
  burstPackets: number;
}

export const GUARD_LIMITS: GuardLimits = {
  greetingBytesMax: 4096,
  packetBytesMax: FRAME_BYTES_MAX + 512,
  packetsPerSecond: 500,
  burstPackets: 1000,
};

const CONNECT = 1;

/** Passes bytes on as they are; reads of them no more than each packet's fixed header (MQTT 3.1.1, section 2.2). */
export class GuardedConnection extends Duplex {
  readonly #inner: Duplex;
  readonly #limits: GuardLimits;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  /** Bytes that were read and not passed on yet. */
  #rest: Buffer | undefined;
  /** Of the packet under way, to be passed on without a look. */
  #bodyBytes = 0;
  #header: number[] = [];
  #isFirst = true;
  #isWaiting = false;
  #isWanted = false;
  #tokens: number;
  #atMs: number;

  constructor(inner: Duplex, clock: Clock, limits: Partial<GuardLimits> = {}) {
    super();
    this.#inner = inner;
    this.#clock = clock;
    this.#limits = { ...GUARD_LIMITS, ...limits };
    this.#tokens = this.#limits.burstPackets;
    this.#atMs = clock.now();
    inner.on('readable', () => this.#pull());
    inner.on('end', () => this.push(null));
    inner.on('error', (error) => this.destroy(error));
    inner.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#isWanted = true;
    this.#pull();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#inner.write(chunk)) done();
    else this.#inner.once('drain', () => done());
  }

  override _final(done: () => void): void {
    this.#inner.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#closing.abort();
    this.#rest = undefined;
    this.#inner.destroy();
    done(error);
  }

  #pull(): void {
    while (this.#isWanted && !this.#isWaiting && !this.destroyed) {
      const bytes = this.#rest ?? (this.#inner.read() as Buffer | null);
      if (bytes === null) return;
      this.#rest = undefined;
      const passed = this.#look(bytes);
      if (passed === undefined) return;
      if (passed < bytes.length) this.#rest = bytes.subarray(passed);
      if (passed > 0) this.#isWanted = this.push(bytes.subarray(0, passed));
    }
  }

  /** How many of the bytes may go on now; undefined where the connection is refused. */
  #look(bytes: Buffer): number | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#bodyBytes > 0) {
        const skipped = Math.min(this.#bodyBytes, bytes.length - at);
        this.#bodyBytes -= skipped;
        at += skipped;
      } else {
        if (this.#header.length === 0 && !this.#mayTakeOne()) break;
        this.#header.push(bytes[at++]!);
        if (!this.#headerEnds()) continue;
        const refusal = this.#begin();
        if (refusal === undefined) continue;
        this.destroy(new Error(refusal));
        return undefined;
      }
    }
    return at;
  }

  #headerEnds(): boolean {
    const { length } = this.#header;
    return length > 1 && (this.#header.at(-1)! < 0x80 || length === 5);
  }

  /** Why not. */
  #begin(): string | undefined {
    const [first = 0, ...sizes] = this.#header;
    this.#header = [];
    const { greetingBytesMax, packetBytesMax } = this.#limits;
    const most = this.#isFirst ? greetingBytesMax : packetBytesMax;
    if (this.#isFirst && first >> 4 !== CONNECT) return 'The first packet is no CONNECT.';
    this.#isFirst = false;
    if (sizes.at(-1)! >= 0x80) return 'The length of a packet has more than four bytes.';
    this.#bodyBytes = sizes.reduce((sum, byte, place) => sum + (byte & 0x7f) * 128 ** place, 0);
    if (this.#bodyBytes <= most) return undefined;
    return `A packet has ${this.#bodyBytes} bytes; ${most} are the most.`;
  }

  #mayTakeOne(): boolean {
    const { packetsPerSecond, burstPackets } = this.#limits;
    const nowMs = this.#clock.now();
    const earned = (Math.max(0, nowMs - this.#atMs) / 1000) * packetsPerSecond;
    this.#tokens = Math.min(burstPackets, this.#tokens + earned);
    this.#atMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens--;
      return true;
    }
    this.#isWaiting = true;
    const waitMs = Math.ceil(((1 - this.#tokens) / packetsPerSecond) * 1000);
    this.#clock.sleep(waitMs, this.#closing.signal).then(
      () => {
        this.#isWaiting = false;
        this.#pull();
      },
      () => undefined,
    );
    return false;
  }
}
