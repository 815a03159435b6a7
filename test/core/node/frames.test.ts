import { decode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeFrame,
  encodeFrame,
  FRAME_BYTES_MAX,
  FRAME_TYPES,
  type Frame,
  FrameRefused,
  type MeasuredChannel,
} from '../../../core/node/frames.ts';
import { LINK_STATUSES } from '../../../core/link-health/state.ts';
import { CHANNELS, NODE_KINDS } from '../../../core/node/node.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => text.toWellFormed());
const whole = fc.integer({ min: 0, max: 2 ** 40 });

const channel: fc.Arbitrary<MeasuredChannel> = fc.record(
  {
    channel: fc.constantFrom(...CHANNELS),
    direction: fc.constantFrom('up', 'down'),
    status: fc.constantFrom(...LINK_STATUSES),
    forMs: whole,
    isDegraded: fc.boolean(),
    lossRatio: fc.integer({ min: 0, max: 1e6 }).map((parts) => parts / 1e6),
    rttMs: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
    rateBitsPerSecond: fc.option(whole, { nil: undefined }),
    missedContacts: fc.nat(),
    reasons: fc.array(name, { maxLength: 8 }),
  },
  {
    requiredKeys: [
      'channel',
      'status',
      'forMs',
      'isDegraded',
      'lossRatio',
      'rttMs',
      'rateBitsPerSecond',
      'missedContacts',
      'reasons',
    ],
  },
);

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('bundle' as const),
    bundleId: name,
    totalBytes: whole,
    crc: fc.nat(),
    chunkBytes: fc.nat(),
    index: fc.nat(),
    data: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({ type: fc.constant('accepted' as const), bundleIds: fc.array(name, { maxLength: 20 }) }),
  fc.record({
    type: fc.constant('refused' as const),
    bundleId: name,
    reason: name,
    isPermanent: fc.boolean(),
  }),
  fc.record({ type: fc.constantFrom('probe' as const, 'echo' as const), sequence: whole }),
  fc.record({ type: fc.constant('health' as const), channels: fc.array(channel, { maxLength: 8 }) }),
  fc.record(
    {
      type: fc.constant('hello' as const),
      nodeId: name,
      kind: fc.constantFrom(...NODE_KINDS),
      capabilities: fc.array(name, { maxLength: 5 }),
      taskTypes: fc.array(name, { maxLength: 5 }),
      position: fc.record({
        latitudeDegrees: fc.integer({ min: -90_000, max: 90_000 }).map((milli) => milli / 1000),
        longitudeDegrees: fc.integer({ min: -180_000, max: 360_000 }).map((milli) => milli / 1000),
        altitudeM: fc.integer({ min: -500, max: 20_000 }),
      }),
      concurrency: fc.nat(),
      load: fc.nat(),
    },
    { requiredKeys: ['type', 'nodeId', 'kind', 'capabilities', 'taskTypes', 'load'] },
  ),
  fc.constant({ type: 'gone' as const }),
);

/** What came of bytes: a frame, or the one error there is. */
function attempt(bytes: Uint8Array): Frame | FrameRefused {
  try {
    return decodeFrame(bytes);
  } catch (error) {
    if (error instanceof FrameRefused) return error;
    throw error;
  }
}

describe('frames', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(frame, (one) => {
        expect(decodeFrame(encodeFrame(one))).toEqual(one);
      }),
    );
  });

  test('are CBOR that another decoder reads, strictly', () => {
    fc.assert(
      fc.property(frame, (one) => {
        const array = decode(encodeFrame(one), { strict: true, allowIndefinite: false }) as unknown[];
        expect(array.slice(0, 2)).toEqual([1, FRAME_TYPES.indexOf(one.type)]);
      }),
    );
  });

  test('that are taken are written the same way again', () => {
    fc.assert(
      fc.property(frame, fc.nat(), fc.integer({ min: 0, max: 255 }), (one, place, byte) => {
        const bytes = encodeFrame(one);
        bytes[place % bytes.length] = byte;
        const came = attempt(bytes);
        if (!(came instanceof FrameRefused)) expect(encodeFrame(came)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('are refused with their own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        attempt(bytes);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(frame, fc.nat(), (one, cut) => {
        const bytes = encodeFrame(one);
        expect(attempt(bytes.subarray(0, cut % bytes.length))).toBeInstanceOf(FrameRefused);
        expect(attempt(Uint8Array.from([...bytes, 0]))).toBeInstanceOf(FrameRefused);
      }),
    );
  });

  test.each([
    ['nothing', new Uint8Array(0), 'malformed', 'The bytes end where the frame was due'],
    ['text', new TextEncoder().encode('hello'), 'malformed', 'not an array'],
    ['another version', Uint8Array.of(0x83, 2, 3, 1), 'unsupported', 'of version 2, not 1'],
    ['another type', Uint8Array.of(0x82, 1, 19), 'unsupported', 'no frame of type 19'],
    ['too many elements', Uint8Array.of(0x84, 1, 3, 1, 1), 'malformed', '4 elements, not 3'],
    [
      'a head that says more than there is',
      Uint8Array.of(0x83, 1, 1, 0x9a, 0xff, 0xff, 0xff, 0xff),
      'too-large',
      'above 1000',
    ],
    ['deep nesting', new Uint8Array(100_000).fill(0x81), 'malformed', 'the version is an array'],
    ['more than a message holds', new Uint8Array(FRAME_BYTES_MAX + 1), 'too-large', '131073 bytes'],
  ])('refuses %s', (_, bytes, reason, message) => {
    const came = attempt(bytes);
    expect(came).toBeInstanceOf(FrameRefused);
    expect((came as FrameRefused).reason).toBe(reason);
    expect((came as FrameRefused).message.toLowerCase()).toContain(message.toLowerCase());
  });

  test('refuses to write what nobody would read', () => {
    expect(() => encodeFrame({ type: 'probe', sequence: -1 })).toThrow(FrameRefused);
    expect(() => encodeFrame({ type: 'accepted', bundleIds: ['x'.repeat(5000)] })).toThrow(FrameRefused);
    expect(() => encodeFrame({ type: 'accepted', bundleIds: ['\ud800'] })).toThrow(FrameRefused);
    expect(() =>
      encodeFrame({ type: 'accepted', bundleIds: Array.from({ length: 1001 }, () => 'x') }),
    ).toThrow('1001');
    const data = new Uint8Array(FRAME_BYTES_MAX);
    const chunk = { bundleId: 'b', totalBytes: data.length, crc: 0, chunkBytes: data.length, index: 0 };
    expect(() => encodeFrame({ type: 'bundle', ...chunk, data })).toThrow('bytes');
  });

  test('cuts reasons that nobody would read to their end', () => {
    const one = { type: 'refused', bundleId: 'b', reason: 'é'.repeat(5000), isPermanent: true } as const;
    expect(decodeFrame(encodeFrame(one))).toMatchObject({ reason: 'é'.repeat(333) });
  });
});
