import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { switchesMax } from '../../../core/failover/bound.ts';
import { type Decision, Failover, type Parcel } from '../../../core/failover/failover.ts';
import type { FailoverPolicy } from '../../../core/failover/policy.ts';
import { LINK_STATUSES } from '../../../core/link-health/state.ts';
import { type Channel, CHANNELS } from '../../../core/node/node.ts';
import { PRECEDENCES } from '../../../core/satellite/precedence.ts';
import { view } from './channels.ts';

const FLASH: Parcel = { precedence: 'flash', sizeBytes: 1000, expiresAtMs: Infinity };
const ROUTINE: Parcel = { ...FLASH, precedence: 'routine' };

/** All of them up at 0. */
function up(policy: FailoverPolicy = {}, channels: readonly Channel[] = CHANNELS): Failover {
  const failover = new Failover(policy);
  for (const channel of channels) failover.observe(channel, view('up'), 0);
  return failover;
}

const summary = (decisions: Decision[]) => decisions.map(({ kind, from, to }) => [kind, from, to]);

describe('failover', () => {
  it('starts on the first channel of the order that works', () => {
    const failover = new Failover();
    expect(failover.observe('primary', view('down'), 0)).toEqual([]);
    expect(failover.observe('satellite', view('up'), 0)).toMatchObject([
      { kind: 'start', to: 'satellite', precedences: PRECEDENCES },
    ]);
  });

  it('leaves a channel that is down for the next that works, and says why', () => {
    const failover = up();
    failover.observe('secondary', view('down', { reasons: ['nothing came back for 12 s'] }), 1000);
    const down = view('down', { reasons: ['nothing came back for 3 s'] });
    expect(failover.observe('primary', down, 2000)).toEqual([
      {
        kind: 'failover',
        atMs: 2000,
        precedences: PRECEDENCES,
        from: 'primary',
        to: 'satellite',
        isPlanned: false,
        reason:
          'chose satellite over primary: down, nothing came back for 3 s; secondary down, nothing came back for 12 s',
      },
    ]);
  });

  it('returns once the preferred channel has worked for its dwell, and lets the other finish', () => {
    const failover = up();
    failover.observe('primary', view('down'), 1000);
    expect(failover.observe('primary', view('up'), 10_000)).toEqual([]);
    expect(failover.nextLookMs).toBe(40_000);
    expect(failover.look(39_999)).toEqual([]);
    expect(failover.look(40_000)).toMatchObject([
      {
        kind: 'return',
        from: 'secondary',
        to: 'primary',
        drainUntilMs: 70_000,
        reason: 'chose primary over secondary: has worked for 30 s',
      },
    ]);
  });

  it('begins the dwell again at each failure', () => {
    const failover = up();
    failover.observe('primary', view('down'), 1000);
    failover.observe('primary', view('up'), 10_000);
    failover.observe('primary', view('down'), 30_000);
    failover.observe('primary', view('up'), 35_000);
    expect(failover.look(64_999)).toEqual([]);
    expect(summary(failover.look(65_000))).toEqual([['return', 'secondary', 'primary']]);
  });

  it('stays where it is if the policy is not revertive', () => {
    const failover = up({ isRevertive: false });
    failover.observe('primary', view('down'), 1000);
    failover.observe('primary', view('up'), 2000);
    expect(failover.look(1e9)).toEqual([]);
    expect(failover.active('flash')).toBe('secondary');
  });

  it('gets the next channel ready when the present one falls silent, once, and keeps it if it answers', () => {
    const failover = up();
    const silent = view('suspect', { reasons: ['silent for 1.4 s, phi 4.2'] });
    expect(failover.observe('primary', silent, 1000)).toMatchObject([
      {
        kind: 'prepare',
        from: 'primary',
        to: 'secondary',
        reason: 'prepares secondary: primary silent for 1.4 s, phi 4.2',
      },
    ]);
    expect(failover.observe('primary', silent, 1100)).toEqual([]);
    expect(failover.observe('primary', view('up'), 1200)).toEqual([]);
    expect(summary(failover.observe('primary', silent, 9000))).toEqual([['prepare', 'primary', 'secondary']]);
  });

  it('leaves before a contact ends as planned, while the channel still works', () => {
    const failover = up({ order: ['satellite', 'mesh'] }, ['satellite', 'mesh']);
    failover.observe('satellite', view('up', { closesAtMs: 100_000 }), 1000);
    expect(failover.nextLookMs).toBe(95_000);
    expect(failover.look(95_000)).toMatchObject([
      {
        kind: 'failover',
        isPlanned: true,
        drainUntilMs: 100_000,
        reason: 'chose mesh over satellite: its contact ends in 5 s',
      },
    ]);
  });

  it('uses a contact to its end where nothing else works, and waits for the next', () => {
    const failover = new Failover();
    failover.observe('satellite', view('up', { closesAtMs: 100_000 }), 0);
    expect(failover.look(99_000)).toEqual([]);
    const closed = view('closed', { opensAtMs: 5_500_000, reasons: ['no contact'] });
    expect(failover.observe('satellite', closed, 100_000)).toMatchObject([
      { kind: 'outage', isPlanned: true },
    ]);
    expect(failover.choose(FLASH, 100_000)).toEqual({
      channels: [],
      reason: 'no channel works',
      waitUntilMs: 5_500_000,
    });
    expect(failover.observe('satellite', view('up'), 5_500_000)).toMatchObject([
      { kind: 'restored', to: 'satellite', reason: 'chose satellite: works, after 1 h 30 m without any' },
    ]);
  });

  it('leaves a channel that works badly only if the policy says so', () => {
    const bad = view('up', { isDegraded: true, reasons: ['lost 40 % of the last 20 probes'] });
    expect(up().observe('primary', bad, 1000)).toEqual([]);
    expect(up({ leavesDegraded: true }).observe('primary', bad, 1000)).toMatchObject([
      {
        kind: 'failover',
        to: 'secondary',
        reason: 'chose secondary over primary: degraded, lost 40 % of the last 20 probes',
      },
    ]);
  });

  it('counts it once that several routes leave a channel that works badly', () => {
    const bad = view('up', { isDegraded: true });
    const failover = up({
      leavesDegraded: true,
      orders: { flash: ['primary', 'mesh'], deferred: ['primary', 'satellite'] },
    });
    const left = [0, 1, 2].map((time) => {
      const decisions = failover.observe('primary', bad, 1000 + time * 40_000);
      failover.observe('primary', view('up'), 2000 + time * 40_000);
      failover.look(39_000 + time * 40_000);
      return decisions.length;
    });
    expect(left).toEqual([3, 3, 3]);
    expect(failover.active('flash')).toBe('primary');
  });

  it('does not return to a channel that came and went too often until it was calm', () => {
    const failover = up();
    for (let flap = 0; flap < 4; flap++) {
      failover.observe('primary', view('down'), 1000 + flap * 40_000);
      failover.observe('primary', view('up'), 10_000 + flap * 40_000);
    }
    const nowMs = 130_000;
    expect(failover.look(nowMs + 20 * 60_000)).toEqual([]);
    expect(summary(failover.look(nowMs + 45 * 60_000))).toEqual([['return', 'secondary', 'primary']]);
  });

  it('sends bundles over a channel that it does not trust where nothing else works', () => {
    const failover = up({}, ['primary']);
    for (let flap = 0; flap < 4; flap++) {
      failover.observe('primary', view('down'), 1000 + flap * 10_000);
      failover.observe('primary', view('up'), 5000 + flap * 10_000);
    }
    expect(failover.active('flash')).toBeUndefined();
    const { channels, reason } = failover.choose(ROUTINE, 36_000);
    expect(channels).toEqual(['primary']);
    expect(reason).toMatch(/^primary: came and went too often, not trusted for 3\d m/);
  });

  it('keeps a route for each order of precedences', () => {
    const failover = up({
      orders: { flash: ['satellite', 'primary'], 'flash-override': ['satellite', 'primary'] },
    });
    failover.look(30_000);
    expect([failover.active('flash'), failover.active('routine')]).toEqual(['satellite', 'primary']);
    expect(failover.observe('satellite', view('down'), 31_000)).toMatchObject([
      { from: 'satellite', to: 'primary', precedences: ['flash-override', 'flash'] },
    ]);
  });
});

describe('the choice for a bundle', () => {
  it('goes over several channels at once where the policy says so', () => {
    const failover = up({ copies: { flash: 2 } });
    expect(failover.choose(FLASH, 0).channels).toEqual(['primary', 'secondary']);
    expect(failover.choose(ROUTINE, 0).channels).toEqual(['primary']);
  });

  it('goes over all that work at once where it is urgent and was not acknowledged', () => {
    const failover = up();
    failover.observe('secondary', view('down'), 0);
    const again = (parcel: Parcel) => failover.choose(parcel, 0, new Set(), true);
    expect(again(FLASH)).toEqual({
      channels: ['primary', 'satellite', 'mesh'],
      reason: 'primary, satellite, mesh: it was not acknowledged',
    });
    expect(again(ROUTINE).channels).toEqual(['primary']);
    expect(again({ ...FLASH, precedence: 'immediate' }).channels).toEqual(['primary']);
  });

  it('leaves out what is avoided, and channels that can’t deliver it in time', () => {
    const failover = up();
    expect(failover.choose(FLASH, 0, new Set(['primary'])).channels).toEqual(['secondary']);
    expect(failover.choose(FLASH, 0, new Set(CHANNELS)).channels).toEqual([]);
    failover.observe('primary', view('up', { rateBitsPerSecond: 1000 }), 0);
    expect(failover.choose({ ...FLASH, expiresAtMs: 5000 }, 0).channels).toEqual(['secondary']);
    expect(failover.choose({ ...FLASH, expiresAtMs: 10 }, 0)).toEqual({
      channels: [],
      reason: 'none delivers it before it expires',
    });
  });

  it('never takes a channel that is down, nor none while one works, and switches within the damping bound', () => {
    const step = fc.tuple(
      fc.constantFrom(...CHANNELS),
      fc.constantFrom(...LINK_STATUSES.filter((status) => status !== 'closed')),
      fc.boolean(),
      fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constant(31_000)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.boolean(), (steps, leavesDegraded) => {
        const failover = up({ leavesDegraded });
        const now = new Map<Channel, string>(CHANNELS.map((channel) => [channel, 'up']));
        let [nowMs, switches] = [0, 0];
        for (const [channel, status, isDegraded, stepMs] of steps) {
          nowMs += stepMs;
          now.set(channel, status);
          const decisions = [
            ...failover.look(nowMs),
            ...failover.observe(channel, view(status, { isDegraded }), nowMs),
          ];
          switches += decisions.filter(({ kind }) => kind === 'failover' || kind === 'return').length;
          const works = CHANNELS.filter((each) => ['up', 'suspect'].includes(now.get(each)!));
          const { channels } = failover.choose(FLASH, nowMs);
          expect(channels.length).toBe(Math.min(1, works.length));
          expect(works).toEqual(expect.arrayContaining(channels));
          expect(failover.nextLookMs).toBeGreaterThan(nowMs);
          expect(switches).toBeLessThanOrEqual(switchesMax(nowMs, CHANNELS.length));
        }
      }),
    );
  });
});

describe('bad input', () => {
  it('is refused with the field and the fix', () => {
    const failover = up();
    for (const wrong of [
      { delayMs: -1 },
      { delayMs: NaN },
      { rateBitsPerSecond: 0 },
      { rateBitsPerSecond: Infinity },
    ])
      expect(() => failover.observe('primary', view('up', wrong), 0)).toThrow(InvalidInput);
    expect(() => failover.observe('primary', view('up', { closesAtMs: NaN }), 0)).toThrow('closes at NaN');
    expect(() => failover.look(NaN)).toThrow('The time is NaN');
  });
});
