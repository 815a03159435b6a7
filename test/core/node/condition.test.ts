import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LINK_STATUSES,
  type LinkState,
  linkState,
  type LinkStatus,
} from '../../../core/link-health/state.ts';
import {
  CONTACT_AHEAD_MS,
  HEARD_LATELY_MS,
  measureCondition,
  type NodeLink,
  type NodeView,
} from '../../../core/node/condition.ts';
import { conditionChangesMax, ConditionTracker } from '../../../core/node/condition-tracker.ts';
import { type Channel, CHANNELS, CONDITIONS } from '../../../core/node/node.ts';

const NOW_MS = 10_000_000;

function link(channel: Channel, status: LinkStatus, rest: Partial<NodeLink & LinkState> = {}): NodeLink {
  const { opensAtMs, nominalRateBitsPerSecond, ...state } = rest;
  return {
    linkId: `${channel}-1`,
    channel,
    opensAtMs,
    nominalRateBitsPerSecond,
    state: linkState(status, state),
  };
}

const conditionOf = (links: NodeLink[], rest: Partial<NodeView> = {}) =>
  measureCondition({ links, ...rest }, NOW_MS).condition;

describe('the condition that is measured', () => {
  it('is nominal with a terrestrial link that works as it should', () => {
    expect(conditionOf([link('primary', 'up'), link('satellite', 'down')])).toBe('nominal');
    expect(conditionOf([link('secondary', 'suspect')])).toBe('nominal');
  });

  it('is degraded where all terrestrial links that work do so badly, or carry less than half', () => {
    expect(conditionOf([link('primary', 'up', { isDegraded: true })])).toBe('degraded');
    const thin = link('secondary', 'up', { nominalRateBitsPerSecond: 1e6 });
    const primary = link('primary', 'down', {
      nominalRateBitsPerSecond: 10e6,
      reasons: ['nothing came back for 4 s'],
    });
    expect(measureCondition({ links: [primary, thin] }, NOW_MS)).toEqual({
      condition: 'degraded',
      reasons: [
        'primary-1 down: nothing came back for 4 s',
        'what works well carries 9 % of what all should',
      ],
    });
    expect(conditionOf([primary, link('secondary', 'up', { nominalRateBitsPerSecond: 10e6 })])).toBe(
      'nominal',
    );
  });

  it('counts on no link that works badly, beside a thin one that works well', () => {
    const bad = link('primary', 'up', { nominalRateBitsPerSecond: 10e6, isDegraded: true });
    const thin = link('secondary', 'up', { nominalRateBitsPerSecond: 1e6 });
    expect(conditionOf([bad, thin])).toBe('degraded');
    expect(conditionOf([link('primary', 'up', { nominalRateBitsPerSecond: Infinity })])).toBe('nominal');
  });

  it('asks for seven tenths once half was not there', () => {
    const links = [link('primary', 'up', { nominalRateBitsPerSecond: 10e6, rateBitsPerSecond: 6e6 })];
    expect(measureCondition({ links }, NOW_MS, 'nominal').condition).toBe('nominal');
    expect(measureCondition({ links }, NOW_MS, 'degraded').condition).toBe('degraded');
  });

  it('is satellite-only where nothing but a satellite works, or will within a day', () => {
    const down = link('primary', 'down');
    expect(conditionOf([down, link('satellite', 'up')])).toBe('satellite-only');
    expect(conditionOf([down, link('satellite', 'opening', { missedContacts: 1 })])).toBe('satellite-only');
    const passes = link('satellite', 'closed', { opensAtMs: NOW_MS + 5_400_000 });
    expect(conditionOf([down, passes])).toBe('satellite-only');
    const far = link('satellite', 'closed', { opensAtMs: NOW_MS + CONTACT_AHEAD_MS + 1 });
    expect(conditionOf([down, far])).toBe('offline');
    const missed = link('satellite', 'closed', { opensAtMs: NOW_MS + 1, missedContacts: 2 });
    expect(conditionOf([down, missed])).toBe('offline');
  });

  it('is denied where it takes another way, a satellite beside it or not', () => {
    const down = link('primary', 'down');
    expect(conditionOf([down, link('mesh', 'up'), link('satellite', 'up')])).toBe('denied');
    expect(conditionOf([down], { isRelayed: true })).toBe('denied');
  });

  it('is denied while it is heard though nothing gets through, and offline a minute after', () => {
    const links = [link('primary', 'down'), link('satellite', 'down')];
    expect(conditionOf(links, { heardMs: NOW_MS - HEARD_LATELY_MS + 1 })).toBe('denied');
    expect(conditionOf(links, { heardMs: NOW_MS - HEARD_LATELY_MS })).toBe('offline');
    expect(measureCondition({ links: [] }, NOW_MS)).toEqual({
      condition: 'offline',
      reasons: ['no terrestrial link', 'not heard over anything'],
    });
  });
});

const nominal: NodeView = { links: [link('primary', 'up')] };
const offline: NodeView = { links: [link('primary', 'down')] };
const denied: NodeView = { links: [link('primary', 'down'), link('mesh', 'up')] };

describe('the condition over time', () => {
  it('is what is measured first, once that can be told', () => {
    const tracker = new ConditionTracker();
    expect(tracker.observe({ links: [link('primary', 'opening')] }, 0)).toBeUndefined();
    expect(tracker.get(0)).toBeUndefined();
    expect(tracker.observe(nominal, 100)).toMatchObject({ from: undefined, condition: 'nominal' });
  });

  it('gets worse after its dwell, and better after a longer one', () => {
    const tracker = new ConditionTracker();
    tracker.observe(nominal, 0);
    expect(tracker.observe(offline, 1000)).toBeUndefined();
    expect(tracker.get(1000)).toMatchObject({ condition: 'nominal', measured: { condition: 'offline' } });
    expect(tracker.nextLookMs).toBe(6000);
    expect(tracker.observe(offline, 6000)).toMatchObject({
      from: 'nominal',
      condition: 'offline',
      atMs: 6000,
    });
    tracker.observe(nominal, 7000);
    expect(tracker.nextLookMs).toBe(37_000);
    expect(tracker.observe(nominal, 36_999)).toBeUndefined();
    expect(tracker.observe(nominal, 37_000)).toMatchObject({ from: 'offline', condition: 'nominal' });
  });

  it('ignores what does not last', () => {
    const tracker = new ConditionTracker();
    tracker.observe(nominal, 0);
    for (let second = 1; second < 3600; second++)
      expect(tracker.observe(second % 5 === 0 ? nominal : offline, second * 1000)).toBeUndefined();
  });

  it('goes only as far as all measurements of the time went', () => {
    const tracker = new ConditionTracker();
    tracker.observe(nominal, 0);
    for (let second = 1; second < 6; second++)
      tracker.observe(second % 2 === 0 ? denied : offline, second * 1000);
    expect(tracker.observe(offline, 6000)).toMatchObject({ condition: 'denied' });
    expect(tracker.observe(offline, 11_000)).toMatchObject({ from: 'denied', condition: 'offline' });
  });

  it('turns from denied to offline by silence alone', () => {
    const tracker = new ConditionTracker();
    const silent = { ...offline, heardMs: 0 };
    tracker.observe(silent, 1);
    expect(tracker.get(1)?.condition).toBe('denied');
    let changes = 0;
    for (let looks = 0; looks < 5 && tracker.nextLookMs < Infinity; looks++)
      if (tracker.observe(silent, tracker.nextLookMs) !== undefined) changes++;
    expect([tracker.get(1e6)?.condition, changes]).toEqual(['offline', 1]);
  });

  it('holds what came and went too often at its worse condition, and says until when', () => {
    const tracker = new ConditionTracker();
    tracker.observe(nominal, 0);
    let nowMs = 0;
    for (let flap = 0; flap < 20; flap++) {
      for (const [view, lastsMs] of [
        [offline, 10_000],
        [nominal, 40_000],
      ] as const) {
        tracker.observe(view, nowMs);
        tracker.observe(view, (nowMs += lastsMs));
      }
    }
    const held = tracker.get(nowMs)!;
    expect(held).toMatchObject({ condition: 'offline', measured: { condition: 'nominal' } });
    expect(tracker.nextLookMs).toBe(held.heldUntilMs);
    expect(tracker.observe(nominal, held.heldUntilMs! - 1)).toBeUndefined();
    expect(tracker.observe(nominal, held.heldUntilMs!)).toMatchObject({ condition: 'nominal' });
  });

  it('does not count a way down in steps as coming and going', () => {
    const tracker = new ConditionTracker();
    const steps = [nominal, { links: [link('primary', 'up', { isDegraded: true })] }, denied, offline];
    for (const [step, view] of steps.entries())
      for (const partMs of [0, 6000]) tracker.observe(view, step * 10_000 + partMs);
    expect(tracker.get(40_000)?.condition).toBe('offline');
    tracker.observe(nominal, 40_000);
    expect(tracker.observe(nominal, 70_000)).toMatchObject({ condition: 'nominal' });
  });

  it('never oscillates: no trace makes more changes than the bound, nor two within a dwell', () => {
    const status = fc.constantFrom(...LINK_STATUSES);
    const links = fc.array(fc.tuple(fc.constantFrom(...CHANNELS), status, fc.boolean()), { maxLength: 4 });
    const gapMs = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(5000, 30_000, 35_000));
    const trace = fc.array(fc.tuple(links, gapMs), { minLength: 50, maxLength: 400 });
    // The worst there is: it is followed at once wherever it may go.
    const swings = fc.tuple(
      fc.constantFrom(nominal, denied),
      fc.constantFrom(offline, denied),
      fc.integer({ min: 5000, max: 9000 }),
      fc.integer({ min: 30_000, max: 40_000 }),
    );
    const swinging = swings.map(([up, down, downMs, upMs]) =>
      Array.from({ length: 400 }, (_, index) => ({
        view: index % 4 < 2 ? down : up,
        gapMs: index % 2 === 0 ? 1 : index % 4 === 1 ? downMs : upMs,
      })),
    );
    const wild = trace.map((steps) =>
      steps.map(([all, stepMs]) => ({
        gapMs: stepMs,
        view: {
          links: all.map(([channel, linkStatus, isDegraded]) => link(channel, linkStatus, { isDegraded })),
        },
      })),
    );
    fc.assert(
      fc.property(fc.oneof(wild, swinging), (steps) => {
        const tracker = new ConditionTracker();
        let nowMs = 0;
        let [changes, changedMs] = [0, -Infinity];
        for (const { view, gapMs: stepMs } of steps) {
          nowMs += stepMs;
          const change = tracker.observe(view, nowMs);
          if (change === undefined || change.from === undefined) continue;
          expect(CONDITIONS).toContain(change.condition);
          expect(change.condition).not.toBe(change.from);
          expect(nowMs - changedMs).toBeGreaterThanOrEqual(5000);
          expect(++changes).toBeLessThanOrEqual(conditionChangesMax(nowMs));
          changedMs = nowMs;
        }
      }),
      { numRuns: 60 },
    );
  });
});
