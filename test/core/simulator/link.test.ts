import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SimulatedLink } from '../../../core/simulator/link.ts';
import {
  duringContacts,
  following,
  type LinkProfile,
  steadyLink,
  withOutages,
} from '../../../core/simulator/link-profile.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { readPacketTrace, readRoundTripTrace } from '../../../core/simulator/trace.ts';
import { VirtualTime } from '../../../core/simulator/virtual-time.ts';

/** A byte a millisecond. */
const RATE = { rateBitsPerSecond: 8000 };

function send(profile: LinkProfile, sends: [atMs: number, sizeBytes: number][], reorders = false): string[] {
  const time = new VirtualTime();
  const link = new SimulatedLink({ timeline: time, random: new SeededRandom(1), profile, reorders });
  const seen: string[] = [];
  sends.forEach(([atMs, sizeBytes], number) =>
    time.at(atMs, () =>
      link.send(sizeBytes, {
        delivered: () => seen.push(`${number} delivered at ${time.nowMs}`),
        lost: (why) => seen.push(`${number} lost at ${time.nowMs}: ${why}`),
      }),
    ),
  );
  time.run();
  return seen;
}

describe('SimulatedLink', () => {
  test('sends one thing after the other, each for as long as its rate says, and delays it', () => {
    const profile = steadyLink({ ...RATE, delayMs: 500 });
    expect(
      send(profile, [
        [0, 100],
        [10, 50],
      ]),
    ).toEqual(['0 delivered at 600', '1 delivered at 650']);
  });

  test('loses what is being sent when the link goes down, and nothing that is on its way', () => {
    const profile = withOutages(steadyLink({ ...RATE, delayMs: 500 }), [
      { startMs: 150, endMs: 180 },
      { startMs: 160, endMs: 300 },
    ]);
    expect(
      send(profile, [
        [0, 100],
        [100, 100],
        [200, 10],
        [300, 10],
      ]),
    ).toEqual(['1 lost at 150: down', '2 lost at 200: down', '0 delivered at 600', '3 delivered at 810']);
  });

  test('carries in a contact what ends with it, and nothing after it', () => {
    const window = { from: 'a', to: 'b', startMs: 100, endMs: 200, delayMs: 7, rateBitsPerSecond: 8000 };
    const profile = duringContacts([{ ...window, startMs: 300, endMs: 400 }, window]);
    expect(
      send(profile, [
        [50, 10],
        [100, 100],
        [300, 101],
      ]),
    ).toEqual(['0 lost at 50: down', '1 delivered at 207', '2 lost at 400: down']);
  });

  test('follows the steps of a rate within a transmission, pauses included', () => {
    const profile = duringContacts([
      {
        from: 'a',
        to: 'b',
        startMs: 0,
        endMs: 1000,
        delayMs: 0,
        rateBitsPerSecond: 8000,
        rateSteps: [
          { atMs: 50, rateBitsPerSecond: 0 },
          { atMs: 100, rateBitsPerSecond: 16_000 },
        ],
      },
    ]);
    expect(send(profile, [[0, 100]])).toEqual(['0 delivered at 125']);
  });

  test('loses as often as its loss rate says', () => {
    const sends = Array.from({ length: 5000 }, (_, at): [number, number] => [at * 10, 1]);
    const lost = send(steadyLink({ ...RATE, lossRate: 0.2 }), sends).filter((line) => line.includes('noise'));
    expect(Math.abs(lost.length - 1000)).toBeLessThan(120);
  });

  test('keeps the order in spite of jitter unless it is told not to', () => {
    const sends = Array.from({ length: 100 }, (_, at): [number, number] => [at, 1]);
    const order = (reorders: boolean) =>
      send(steadyLink({ ...RATE, jitterMs: 50 }), sends, reorders).map((line) => Number(line.split(' ')[0]));
    expect(order(false)).toEqual([...sends.keys()]);
    expect(order(true)).not.toEqual([...sends.keys()]);
    expect(order(true).toSorted((a, b) => a - b)).toEqual([...sends.keys()]);
  });

  test('tells when it can send the next', () => {
    const time = new VirtualTime();
    const link = new SimulatedLink({
      timeline: time,
      random: new SeededRandom(1),
      profile: steadyLink(RATE),
    });
    expect(link.send(100, { delivered() {}, lost() {} })).toBe(100);
    expect(link.freeMs).toBe(100);
  });

  test('refuses what no link can be', () => {
    for (const wrong of [
      { rateBitsPerSecond: 0 },
      { ...RATE, lossRate: 2 },
      { ...RATE, delayMs: Number.NaN },
    ])
      expect(() => steadyLink(wrong)).toThrow(expect.objectContaining({ name: 'InvalidInput' }));
    const window = { from: 'a', to: 'b', startMs: 0, endMs: 10, delayMs: 0, ...RATE };
    expect(() => duringContacts([window, { ...window, startMs: 9, endMs: 20 }])).toThrow('overlap');
    expect(() => withOutages(steadyLink(RATE), [{ startMs: 5, endMs: 5 }])).toThrow('outage');
  });
});

describe('traces', () => {
  test('give the rate of packets that could be delivered, again and again', () => {
    const trace = readPacketTrace('0\n10\n10\n150\n', 'trace');
    expect(trace).toEqual({ atMs: [0, 100], values: [360_000, 120_000], periodMs: 200 });
    const profile = following(steadyLink(RATE), 'rateBitsPerSecond', trace);
    expect([0, 99, 100, 199, 200, 301].map((ms) => profile.at(ms).rateBitsPerSecond / 1000)).toEqual([
      360, 360, 120, 120, 360, 120,
    ]);
    expect([0, 100, 150, 200, 301].map((ms) => profile.nextChangeMs(ms))).toEqual([100, 200, 200, 300, 400]);
  });

  test('give half of round-trip times as delays, from the first on', () => {
    const trace = readRoundTripTrace('timestamp,relative,rtt\r\n5,2,40\r\n6,3.5,60\r\n', 'trace');
    expect(trace).toEqual({ atMs: [0, 1500], values: [20, 30], periodMs: Infinity });
    const profile = following(steadyLink(RATE), 'delayMs', trace);
    expect([0, 1499, 1500, 1e9].map((ms) => profile.at(ms).delayMs)).toEqual([20, 20, 30, 30]);
    expect(profile.nextChangeMs(1500)).toBe(Infinity);
  });

  test.each([
    ['', 'trace is empty'],
    ['1\nx\n', 'trace:2'],
    ['2\n1\n', 'trace:2'],
    ['1\nNaN\n', 'trace:2'],
    ['999999999999999\n', 'trace:1'],
  ])('refuses the packets %j, with the line', (text, where) => {
    expect(() => readPacketTrace(text, 'trace')).toThrow(where);
  });

  test.each([
    ['time,ms\n1,2\n', 'trace:1'],
    ['relative,rtt\n', 'trace:1'],
    ['relative,rtt\n1,\n', 'trace:2'],
    ['relative,rtt\n1,-2\n', 'trace:2'],
    ['relative,rtt\n2,5\n1,5\n', 'trace:3'],
  ])('refuses the round trips %j, with the line', (text, where) => {
    expect(() => readRoundTripTrace(text, 'trace')).toThrow(where);
  });

  const LINKS = join(import.meta.dirname, '../../../../shared/data/links');
  test.skipIf(!existsSync(LINKS))('of real links are read and followed (needs ../shared/data)', () => {
    const text = (name: string) => readFileSync(join(LINKS, name), 'utf8');
    const packets = readPacketTrace(text('mahimahi-tmobile-umts-driving.down'), 'umts');
    const rate = following(steadyLink(RATE), 'rateBitsPerSecond', packets);
    const bits = packets.values.reduce((sum, value) => sum + value, 0) / 10;
    expect(bits).toBeCloseTo(
      text('mahimahi-tmobile-umts-driving.down').trim().split('\n').length * 12_000,
      0,
    );
    const roundTrips = readRoundTripTrace(text('starlink_isl_ping_first5k.csv'), 'starlink');
    const sends = Array.from({ length: 300 }, (_, at): [number, number] => [at * 1000, 1500]);
    const seen = send(following(rate, 'delayMs', roundTrips), sends);
    expect(seen).toHaveLength(300);
    expect(seen.every((line) => line.includes('delivered'))).toBe(true);
  });
});
