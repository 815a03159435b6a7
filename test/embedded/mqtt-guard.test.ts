import { Duplex, PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../core/ports/clock.ts';
import { GuardedConnection, type GuardLimits } from '../../embedded/mqtt-guard.ts';

/** Time that moves when it is told to. */
class ManualClock implements Clock {
  #nowMs = 0;
  #sleepers: { atMs: number; wake: () => void }[] = [];
  now = (): number => this.#nowMs;
  sleep = (ms: number): Promise<void> =>
    new Promise((wake) => this.#sleepers.push({ atMs: this.#nowMs + ms, wake }));
  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { wake } of due) wake();
  }
}

function guarded(limits: Partial<GuardLimits> = {}) {
  const clock = new ManualClock();
  const [up, down] = [new PassThrough(), new PassThrough()];
  const connection = new GuardedConnection(Duplex.from({ readable: up, writable: down }), clock, limits);
  const came: Buffer[] = [];
  const state = { error: undefined as Error | undefined };
  connection.on('data', (bytes: Buffer) => came.push(bytes));
  connection.on('error', (error) => (state.error = error));
  return { clock, up, down, connection, came: () => Buffer.concat(came), state };
}

const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A packet with its length in the shortest form. */
function packet(type: number, sizeBytes: number): Buffer {
  const head = [type << 4];
  let left = sizeBytes;
  do {
    head.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(sizeBytes, type)]);
}

describe('the guard of a connection', () => {
  test('passes packets on as they are, however they are cut', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(fc.integer({ min: 1, max: 50 })), async (all, cuts) => {
        const { up, came, connection, state } = guarded();
        const bytes = Buffer.concat([packet(1, 20), ...all.map((size) => packet(3, size))]);
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          up.write(bytes.subarray(at, at + cut));
          at += cut;
          if (at >= bytes.length) break;
        }
        await settled();
        expect(Buffer.compare(came(), bytes)).toBe(0);
        expect(state.error).toBeUndefined();
        connection.destroy();
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ['a first packet that is no CONNECT', packet(3, 5), 'no CONNECT'],
    ['a CONNECT that is too large', Buffer.from([0x10, 0xff, 0x7f]), '16383 bytes; 4096 are the most'],
    [
      'a packet that is too large',
      Buffer.concat([packet(1, 9), Buffer.from([0x30, 0xff, 0xff, 0x7f])]),
      '2097151 bytes',
    ],
    [
      'a length that does not end',
      Buffer.concat([packet(1, 9), Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff])]),
      'four bytes',
    ],
  ])('refuses %s at its header', async (_, bytes, message) => {
    const { up, state, connection } = guarded();
    up.write(bytes);
    await settled();
    expect(state.error?.message).toContain(message);
    expect(connection.destroyed).toBe(true);
  });

  test('lets a flood wait, and takes it as fast as it may', async () => {
    const { up, came, clock } = guarded({ packetsPerSecond: 10, burstPackets: 5 });
    const size = packet(3, 8).length;
    up.write(Buffer.concat([packet(1, 8), ...Array.from({ length: 99 }, () => packet(3, 8))]));
    await settled();
    expect(came().length).toBe(5 * size);
    for (let taken = 5; taken < 40; taken++) {
      clock.pass(99);
      await settled();
      expect(came().length).toBe(taken * size);
      clock.pass(1);
      await settled();
      expect(came().length).toBe((taken + 1) * size);
    }
  });

  test('takes bytes of strangers without a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 })), async (pieces) => {
        const { up, connection } = guarded();
        for (const piece of pieces) if (piece.length > 0) up.write(piece);
        await settled();
        connection.destroy();
      }),
      { numRuns: 300 },
    );
  });

  test('writes through, and ends with the connection', async () => {
    const { up, down, connection } = guarded();
    connection.write(Buffer.from('answer'));
    await settled();
    expect((down.read() as Buffer).toString()).toBe('answer');
    const ended = new Promise((resolve) => connection.once('close', resolve));
    up.destroy();
    await ended;
  });
});
