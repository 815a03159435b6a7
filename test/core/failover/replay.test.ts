import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLinkTrace, readLinkTraces } from '../../../bench/network/link-trace.ts';
import { replay } from '../../../bench/network/replay.ts';

const traces = readLinkTraces(resolve(import.meta.dirname, '../../../../shared/data/links'));
const PHASES = 6;

describe.skipIf(traces.length === 0)('recorded links (needs ../shared/data)', () => {
  const starts = traces.flatMap((trace) =>
    Array.from({ length: PHASES }, (_, phase) => ({
      trace,
      name: trace.name,
      phase,
      phaseMs: (trace.cycleMs * phase) / PHASES,
      lastsMs: Math.max(trace.cycleMs, 600_000),
      seed: phase,
    })),
  );

  it.each(starts)('are never left for what they always do: $name, $phase of 6', (start) => {
    expect(replay(start)).toMatchObject({ falseFailovers: 0 });
  });

  it.each(starts)('are left within three intervals of an outage: $name, $phase of 6', (start) => {
    const outages = [{ startMs: 200_000 + 1234 * start.phase, endMs: 260_000 }];
    const run = replay({ ...start, outages });
    expect(run).toMatchObject({ falseFailovers: 0, outages: 1, missed: 0 });
    expect(run.foundWithinIntervals).toBeGreaterThan(1);
    expect(run.foundWithinIntervals).toBeLessThanOrEqual(3);
  });
});

describe('a recorded link', () => {
  it('is left falsely by a detector that is too quick for it', () => {
    const rows = Array.from({ length: 15_000 }, (_, index) => index / 50).filter(
      (second) => second % 15 > 0.75,
    );
    const trace = parseLinkTrace(
      'rippled',
      `timestamp,rtt\n${rows.map((second) => `${second},50`).join('\n')}`,
    )!;
    const start = { trace, phaseMs: 0, lastsMs: 200_000 };
    expect(replay({ ...start, intervalMs: 200 }).falseFailovers).toBeGreaterThan(0);
    expect(replay({ ...start, intervalMs: 1000 }).falseFailovers).toBe(0);
  });

  it('is read from round-trip times, with pings that are missing as lost', () => {
    const rows = Array.from(
      { length: 100 },
      (_, index) => `${1000 + index / 10},${index / 10},${50 + (index % 2)}`,
    );
    const trace = parseLinkTrace(
      'any',
      ['timestamp,relative,rtt', ...rows.slice(0, 40), ...rows.slice(60)].join('\n'),
    )!;
    expect(trace.channel).toBe('satellite');
    expect(trace.cycleMs).toBeCloseTo(10_000, 3);
    expect(trace.silenceMs).toBeCloseTo(2100, 3);
    expect([trace.answerMs(50), trace.answerMs(12_050)]).toEqual([51, 51]);
    expect(trace.answerMs(4500)).toBeUndefined();
  });

  it('is read from the times at which packets could go, what comes between waiting', () => {
    const trace = parseLinkTrace('any', '0\n10\n10\n20\n1000\n')!;
    expect(trace).toMatchObject({ channel: 'secondary', cycleMs: 1000, silenceMs: 980 });
    expect(trace.answerMs(500)! - trace.answerMs(1000)!).toBe(500);
  });

  it('is none where a file is anything else', () => {
    for (const text of ['', '# Links\nfrom somewhere', 'a,b\n1,2', 'timestamp,rtt\n', '5'])
      expect(parseLinkTrace('any', text)).toBeUndefined();
  });
});
