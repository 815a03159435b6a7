import { expect, test } from 'vitest';
import type { LinkClient } from '../../../core/ports/link-client.ts';
import { steadyLink, withOutages } from '../../../core/simulator/link-profile.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { type LinkShape, shapedLinks } from '../../../core/simulator/shaped-links.ts';
import { VirtualTime } from '../../../core/simulator/virtual-time.ts';

const FRAME = new Uint8Array(1000);

function opened(shape?: LinkShape) {
  const time = new VirtualTime();
  const arrived: { to: string; channel: string; atMs: number }[] = [];
  const ends: string[] = [];
  const direct: LinkClient = {
    send: async (to, channel) => void arrived.push({ to, channel, atMs: time.nowMs }),
  };
  const links = shapedLinks(direct, {
    timeline: time,
    random: new SeededRandom(1),
    shapeOf: () => shape,
    onEnd: (_, __, sizeBytes, end) => ends.push(`${sizeBytes} ${end}`),
  });
  return { time, arrived, ends, links };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('hands a frame on when its last bit is over the simulated link, and lets the sender go when it has left', async () => {
  const { time, arrived, ends, links } = opened({
    profile: steadyLink({ rateBitsPerSecond: 8000, delayMs: 300 }),
  });
  let leftMs = -1;
  void links.send('edge', 'primary', FRAME).then(() => (leftMs = time.nowMs));
  time.run(1000);
  await settled();
  expect(leftMs).toBe(1000);
  expect(arrived).toEqual([]);
  time.run(1300);
  await settled();
  expect(arrived).toEqual([{ to: 'edge', channel: 'primary', atMs: 1300 }]);
  expect(ends).toEqual(['1000 delivered']);
});

test('leaves links as they are that have no shape', async () => {
  const { arrived, links } = opened();
  await links.send('edge', 'mesh', FRAME);
  expect(arrived).toEqual([{ to: 'edge', channel: 'mesh', atMs: 0 }]);
});

test('refuses to send over a link that is down, and sends again after the outage', async () => {
  const profile = withOutages(steadyLink({ rateBitsPerSecond: 8e6 }), [{ startMs: 0, endMs: 500 }]);
  const { time, arrived, links } = opened({ profile });
  await expect(links.send('edge', 'satellite', FRAME)).rejects.toMatchObject({ name: 'LinkDown' });
  time.run(500);
  void links.send('edge', 'satellite', FRAME);
  time.run(600);
  await settled();
  expect(arrived).toHaveLength(1);
});

test('loses without a word what is sent while a link is jammed', async () => {
  const profile = withOutages(steadyLink({ rateBitsPerSecond: 8e6 }), [{ startMs: 0, endMs: 500 }]);
  const { time, arrived, ends, links } = opened({ profile, isSilent: true });
  const sent = links.send('edge', 'primary', FRAME);
  time.run(400);
  await sent;
  expect(arrived).toEqual([]);
  expect(ends).toEqual(['1000 lost']);
});
