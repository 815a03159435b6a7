import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame, type Frame } from '../../../core/node/frames.ts';
import { LinkMonitor, REPORT_MS } from '../../../core/node/link-monitor.ts';
import type { Channel } from '../../../core/node/node.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';

/** A node and a neighbour that echoes over the channels that work, in virtual time. */
function world(channels: Channel[] = ['primary', 'mesh'], rttMs = 40) {
  const monitor = new LinkMonitor(
    { channels: Object.fromEntries(channels.map((channel) => [channel, {}])) },
    new SeededRandom(7),
    0,
  );
  const works = new Set<Channel>(channels);
  const said: { atMs: number; channel: Channel; frame: Frame }[] = [];
  let echoes: { atMs: number; channel: Channel; sequence: number }[] = [];
  let nowMs = 0;
  const run = (untilMs: number) => {
    while (nowMs <= untilMs) {
      for (const { channel, frame } of monitor.due(nowMs)) {
        said.push({ atMs: nowMs, channel, frame: decodeFrame(encodeFrame(frame)) });
        if (frame.type === 'probe' && works.has(channel))
          echoes.push({ atMs: nowMs + rttMs, channel, sequence: frame.sequence });
      }
      for (const { channel, sequence } of echoes.filter(({ atMs }) => atMs <= nowMs))
        monitor.heard(channel, { type: 'echo', sequence }, nowMs);
      echoes = echoes.filter(({ atMs }) => atMs > nowMs);
      nowMs = Math.max(nowMs + 1, Math.min(monitor.nextLookMs, echoes[0]?.atMs ?? Infinity));
    }
    nowMs = untilMs;
  };
  const reports = () => said.filter(({ frame }) => frame.type === 'health');
  const status = (channel: Channel) => monitor.state(channel, nowMs)?.status;
  return { monitor, works, said, reports, run, status, now: () => nowMs };
}

describe('a monitor of a node’s links', () => {
  test('finds a channel up by its echoes, and measures it', () => {
    const { monitor, run, status, reports } = world();
    expect(status('primary')).toBe('down');
    monitor.connected('primary', 0);
    run(5000);
    expect([status('primary'), status('mesh')]).toEqual(['up', 'down']);
    expect(monitor.state('mesh', 5000)!.reasons).toEqual(['there is no connection']);
    expect(monitor.state('primary', 5000)!.rttMs).toBe(40);
    const last = reports().at(-1)!.frame;
    expect(last).toMatchObject({
      channels: [
        { channel: 'primary', status: 'up' },
        { channel: 'mesh', status: 'down' },
      ],
    });
  });

  test('finds a channel down that is connected and carries nothing', () => {
    const { monitor, works, run, status, reports } = world(['primary', 'mesh']);
    monitor.connected('primary', 0);
    monitor.connected('mesh', 0);
    run(30_000);
    works.delete('primary');
    run(40_000);
    expect([status('primary'), status('mesh')]).toEqual(['down', 'up']);
    // Told over what still works.
    const told = reports().at(-1)!;
    expect(told.channel).toBe('mesh');
    expect(told.frame).toMatchObject({ channels: [{ status: 'down' }, { status: 'up' }] });
  });

  test('takes a broken connection as down at once, and a new one as a new beginning', () => {
    const { monitor, run, status } = world(['primary']);
    monitor.connected('primary', 0);
    run(10_000);
    monitor.lost('primary', 10_000);
    expect(status('primary')).toBe('down');
    expect(monitor.measured(12_000)[0]!.forMs).toBe(2000);
    run(20_000);
    monitor.connected('primary', 20_000);
    run(25_000);
    expect(status('primary')).toBe('up');
  });

  test('reports changes at once, and what stays as it is now and then', () => {
    const { monitor, run, reports } = world(['primary']);
    monitor.connected('primary', 0);
    run(100_000);
    const times = reports().map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, at) => atMs - times[at]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(REPORT_MS);
    expect(times.length).toBeLessThan(16);
    expect(times.filter((atMs) => atMs > 20_000).length).toBeGreaterThanOrEqual(7);
  });

  test('ignores echoes that it waits for no more', () => {
    const { monitor, status } = world(['primary']);
    monitor.connected('primary', 0);
    for (const sequence of [0, 1, 2, 3, 2 ** 40]) monitor.heard('primary', { type: 'echo', sequence }, 1);
    monitor.heard('satellite', { type: 'echo', sequence: 0 }, 1);
    expect(status('primary')).toBe('opening');
  });

  test('says nothing while nothing is connected', () => {
    const { run, said } = world();
    run(60_000);
    expect(said).toEqual([]);
  });
});
