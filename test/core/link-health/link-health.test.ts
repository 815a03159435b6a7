import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { LinkHealth, type LinkHealthSettings } from '../../../core/link-health/link-health.ts';
import { PROBE_INTERVAL_MS, probeIntervalMs } from '../../../core/link-health/probe-schedule.ts';
import { lasting, LINK_STATUSES } from '../../../core/link-health/state.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';

const INTERVAL_MS = 1000;
const RTT_MS = 100;

/** A link that is driven by its own times; `answers` says how long an answer takes, undefined if none comes. */
function drive(
  link: LinkHealth,
  {
    fromMs = 0,
    toMs,
    answers,
  }: { fromMs?: number; toMs: number; answers: (sentMs: number) => number | undefined },
): { status: string; atMs: number }[] {
  const changes: { status: string; atMs: number }[] = [];
  const coming: { atMs: number; sequence: number }[] = [];
  for (let nowMs = fromMs; nowMs < toMs; ) {
    for (const answer of coming.filter(({ atMs }) => atMs <= nowMs)) link.answered(answer.sequence, nowMs);
    coming.splice(0, coming.length, ...coming.filter(({ atMs }) => atMs > nowMs));
    if (link.probeDueMs <= nowMs) {
      const sequence = link.probe(nowMs);
      const rttMs = answers(nowMs);
      if (rttMs !== undefined) coming.push({ atMs: nowMs + rttMs, sequence });
    }
    const status = link.status(nowMs);
    if (status !== changes.at(-1)?.status) changes.push({ status, atMs: nowMs });
    nowMs = Math.min(link.probeDueMs, link.nextLookMs, ...coming.map(({ atMs }) => atMs));
  }
  return changes;
}

function opened(settings: Partial<LinkHealthSettings> = {}): LinkHealth {
  const link = new LinkHealth(
    { intervalMs: INTERVAL_MS, nominal: { rttMs: RTT_MS }, ...settings },
    new SeededRandom(1),
  );
  link.open(0);
  return link;
}

const steadily = () => RTT_MS;
const statuses = (changes: { status: string }[]) => changes.map(({ status }) => status);

describe('the health of a link', () => {
  it('is opening until the first answer, then up', () => {
    const link = opened();
    expect(link.state(0)).toMatchObject({
      status: 'opening',
      reasons: ['its contact began, nothing came back yet'],
    });
    expect(drive(link, { toMs: 60_000, answers: steadily })).toEqual([
      { status: 'opening', atMs: 0 },
      { status: 'up', atMs: RTT_MS },
    ]);
  });

  it('is down when nothing came back in time after it opened', () => {
    const link = opened();
    const changes = drive(link, { toMs: 60_000, answers: () => undefined });
    expect(changes[1]).toEqual({ status: 'down', atMs: 3 * INTERVAL_MS + RTT_MS });
    expect(link.state(60_000).reasons).toEqual(['nothing came back for 1 m']);
  });

  it('finds an outage within three intervals, whatever the phase of the probes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 10_000, max: 20_000, noNaN: true }), (seed, cutMs) => {
        const link = new LinkHealth(
          { intervalMs: INTERVAL_MS, nominal: { rttMs: RTT_MS } },
          new SeededRandom(seed),
        );
        link.open(0);
        const answers = (sentMs: number) => (sentMs + RTT_MS < cutMs ? RTT_MS : undefined);
        const down = drive(link, { toMs: 40_000, answers }).find(({ status }) => status === 'down');
        expect(down!.atMs - cutMs).toBeLessThanOrEqual(3 * INTERVAL_MS);
      }),
    );
  });

  it('does not fail for one lost probe, nor for one lost and the next late', () => {
    const link = opened();
    let sent = 0;
    const answers = () => [RTT_MS, RTT_MS, RTT_MS, RTT_MS, RTT_MS, undefined, 4 * RTT_MS][sent++ % 7];
    const changes = drive(link, { toMs: 600_000, answers });
    expect(statuses(changes)).not.toContain('down');
    expect(statuses(changes)).toContain('suspect');
  });

  it('comes back on three answers of five probes after its dwell, not on one', () => {
    const link = opened();
    let sent = 0;
    // One of four is answered while it fails.
    const answers = (sentMs: number) => {
      if (sentMs < 20_000 || sentMs > 120_000) return RTT_MS;
      return sentMs > 40_000 && sent++ % 4 === 0 ? RTT_MS : undefined;
    };
    const changes = drive(link, { toMs: 150_000, answers }).filter(({ status }) => status !== 'suspect');
    expect(statuses(changes)).toEqual(['opening', 'up', 'down', 'up']);
    expect(changes[3]!.atMs).toBeGreaterThan(120_000);
  });

  it('is asked less often the longer it is silent, and at its usual pace once it answers', () => {
    const link = opened();
    const sentMs: number[] = [];
    drive(link, {
      toMs: 600_000,
      answers: (atMs) => {
        sentMs.push(atMs);
        return atMs > 300_000 ? RTT_MS : undefined;
      },
    });
    const gaps = sentMs.slice(1).map((atMs, index) => ({ atMs, gapMs: atMs - sentMs[index]! }));
    expect(gaps.filter(({ atMs }) => atMs < 20_000).every(({ gapMs }) => gapMs <= INTERVAL_MS)).toBe(true);
    expect(
      gaps.filter(({ atMs }) => atMs > 100_000 && atMs < 300_000).every(({ gapMs }) => gapMs >= 6000),
    ).toBe(true);
    expect(gaps.filter(({ atMs }) => atMs > 320_000).every(({ gapMs }) => gapMs <= INTERVAL_MS)).toBe(true);
  });

  it('spreads probes over a quarter of the interval', () => {
    const link = opened();
    const sentMs: number[] = [];
    drive(link, { toMs: 300_000, answers: (atMs) => (sentMs.push(atMs), RTT_MS) });
    const gaps = sentMs.slice(1).map((atMs, index) => atMs - sentMs[index]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.75 * INTERVAL_MS);
    expect(Math.min(...gaps)).toBeLessThan(0.8 * INTERVAL_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(INTERVAL_MS);
  });

  it('needs no probes while what it carries is acknowledged', () => {
    const link = opened();
    link.answered(link.probe(0), 50);
    for (let nowMs = 100; nowMs < 60_000; nowMs += 200) {
      expect(link.probeDueMs).toBeGreaterThan(nowMs);
      link.acknowledged(nowMs);
    }
    expect(link.status(60_000)).toBe('up');
  });

  it('comes back on what is acknowledged as on answers', () => {
    const link = opened();
    drive(link, { toMs: 60_000, answers: (sentMs) => (sentMs < 10_000 ? RTT_MS : undefined) });
    const came = [60_000, 60_100, 60_200].map((nowMs) => {
      link.acknowledged(nowMs);
      return link.status(nowMs);
    });
    expect(came).toEqual(['down', 'down', 'up']);
  });

  it('is closed as planned without a failure, and proves itself anew when it opens', () => {
    const link = opened();
    drive(link, { toMs: 30_000, answers: steadily });
    link.close(30_000);
    expect([link.probeDueMs, link.nextLookMs]).toEqual([Infinity, Infinity]);
    expect(link.state(900_000)).toMatchObject({ status: 'closed', sinceMs: 30_000, missedContacts: 0 });
    expect(() => link.probe(900_000)).toThrow(InvalidInput);
    link.open(1_000_000);
    const changes = drive(link, { fromMs: 1_000_000, toMs: 1_030_000, answers: steadily });
    expect(statuses(changes)).toEqual(['opening', 'up']);
  });

  it('counts the contacts in a row in which nothing came back', () => {
    const link = opened();
    for (const contact of [1, 2, 3]) {
      link.open(contact * 100_000);
      expect(link.state(contact * 100_000).missedContacts).toBe(contact);
      link.close(contact * 100_000 + 50_000);
    }
    link.open(400_000);
    link.answered(link.probe(400_000), 400_100);
    expect(link.state(400_100).missedContacts).toBe(0);
  });
});

describe('the quality of a link', () => {
  const degraded = (answers: (sentMs: number) => number | undefined, toMs = 120_000) => {
    const link = opened();
    drive(link, { toMs, answers });
    return link.state(toMs);
  };

  it('is degraded by loss of a third, not by loss of a twentieth', () => {
    let sent = 0;
    const third = degraded(() => (sent++ % 3 === 0 ? undefined : RTT_MS));
    expect(third).toMatchObject({ status: 'up', isDegraded: true });
    expect(third.reasons.join()).toMatch(/lost 3\d % of the last 20 probes/);
    expect(degraded(() => (sent++ % 20 === 0 ? undefined : RTT_MS)).isDegraded).toBe(false);
  });

  it('is degraded by twice the delay, and says so', () => {
    const slow = degraded(() => 2.5 * RTT_MS);
    expect(slow).toMatchObject({ status: 'up', isDegraded: true, rttMs: 250 });
    expect(slow.reasons).toEqual(['takes 250 ms there and back, nominally 100 ms']);
  });

  it('is not degraded by what Starlink does every 15 seconds', () => {
    const ripple = (sentMs: number): number | undefined => {
      const inPeriodMs = sentMs % 15_000;
      if (inPeriodMs < 750) return undefined;
      const hopMs = Math.floor(sentMs / 15_000) % 2 === 0 ? 0 : 0.4 * RTT_MS;
      return inPeriodMs < 1500 ? 3 * RTT_MS : RTT_MS + hopMs;
    };
    const link = opened();
    const changes = drive(link, { toMs: 3_600_000, answers: ripple });
    expect(statuses(changes)).not.toContain('down');
    expect(link.state(3_600_000).isDegraded).toBe(false);
  });

  it('is degraded by half the rate until seven tenths are there again', () => {
    const link = opened({ nominal: { rttMs: RTT_MS, rateBitsPerSecond: 1e6 } });
    const carried = [0.4, 0.6, 0.6, 0.8].map((share, phase) => {
      const [fromMs, toMs] = [phase * 60_000, (phase + 1) * 60_000];
      drive(link, { fromMs, toMs, answers: steadily });
      for (let sample = 0; sample < 5; sample++) link.measuredRate(share * 1e6, toMs);
      return link.state(toMs).isDegraded;
    });
    expect(carried).toEqual([true, true, true, false]);
  });

  it('forgets what was measured before an outage', () => {
    const answers = (sentMs: number) => (sentMs > 60_000 && sentMs < 120_000 ? undefined : RTT_MS);
    expect(degraded(answers, 200_000)).toMatchObject({ status: 'up', isDegraded: false, lossRatio: 0 });
  });
});

describe('samples that come as they like', () => {
  it('change nothing where no probe waits for them', () => {
    const link = opened();
    const sequence = link.probe(0);
    for (const unknown of [sequence + 1, -1, 0.5, NaN, Infinity]) link.answered(unknown, 10);
    expect(link.status(10)).toBe('opening');
    link.answered(sequence, 20);
    link.answered(sequence, 5000);
    expect(link.status(5000)).toBe('down');
  });

  it('are refused where they are no times or rates', () => {
    const link = opened();
    expect(() => link.status(NaN)).toThrow('The time is NaN');
    expect(() => link.probe(Infinity)).toThrow(InvalidInput);
    for (const rate of [NaN, -1, Infinity]) expect(() => link.measuredRate(rate, 0)).toThrow(InvalidInput);
    for (const wrong of [
      { intervalMs: 0 },
      { phiThreshold: NaN },
      { nominal: { rttMs: 0 } },
      { recoverAnswers: 6 },
    ])
      expect(() => opened(wrong)).toThrow(InvalidInput);
  });

  it('keep it in one of its states with a time to look at next, whatever their order', () => {
    const step = fc.tuple(
      fc.constantFrom('open', 'close', 'probe', 'answered', 'acknowledged', 'rate'),
      fc.integer({ min: -2000, max: 8000 }),
      fc.nat({ max: 50 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const link = opened();
        let nowMs = 0;
        let latestMs = 0;
        for (const [what, byMs, number] of steps) {
          nowMs += byMs;
          latestMs = Math.max(latestMs, nowMs);
          if (what === 'open') link.open(nowMs);
          else if (what === 'close') link.close(nowMs);
          else if (what === 'probe' && link.probeDueMs < Infinity) link.probe(nowMs);
          else if (what === 'answered') link.answered(number, nowMs);
          else if (what === 'acknowledged') link.acknowledged(nowMs);
          else link.measuredRate(number, nowMs);
          const state = link.state(nowMs);
          expect(LINK_STATUSES).toContain(state.status);
          expect(state.sinceMs).toBeLessThanOrEqual(latestMs);
          expect(state.lossRatio >= 0 && state.lossRatio <= 1).toBe(true);
          expect(link.nextLookMs).toBeGreaterThan(latestMs);
        }
      }),
    );
  });
});

describe('the interval of probes', () => {
  it('is the channel’s, or what takes a hundredth of a thin link', () => {
    expect(probeIntervalMs('satellite')).toBe(PROBE_INTERVAL_MS.satellite);
    expect(probeIntervalMs('satellite', 9600)).toBeCloseTo((128 * 8 * 1000) / 96, 6);
    expect(probeIntervalMs('mesh', 1e6)).toBe(PROBE_INTERVAL_MS.mesh);
  });
});

describe('a time that lasted', () => {
  it('reads as people say it', () => {
    expect([0, 400, 9960, 12_000, 250_000, 240_000, 7_500_000, Infinity].map(lasting)).toEqual([
      '0 s',
      '0.4 s',
      '10 s',
      '12 s',
      '4 m 10 s',
      '4 m',
      '2 h 5 m',
      'ever',
    ]);
  });
});
