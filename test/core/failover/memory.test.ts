import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decision, Failover } from '../../../core/failover/failover.ts';
import { LINK_STATUSES } from '../../../core/link-health/state.ts';
import { CHANNELS } from '../../../core/node/node.ts';
import { view } from './channels.ts';

const POLICY = { orders: { flash: ['satellite', 'primary'] }, leavesDegraded: true } as const;

const sightings = fc.array(
  fc.record({
    channel: fc.constantFrom(...CHANNELS),
    status: fc.constantFrom(...LINK_STATUSES),
    isDegraded: fc.boolean(),
    afterMs: fc.integer({ min: 1, max: 120_000 }),
    closesInMs: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 60 },
);

/** As it is after a while in a table. */
const kept = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

describe('what failover remembers', () => {
  test('lets one process after the other decide as a single one would', () => {
    fc.assert(
      fc.property(sightings, (all) => {
        const single = new Failover(POLICY);
        let last = new Failover(POLICY);
        let nowMs = 1_700_000_000_000;
        const gist = (decisions: Decision[]) =>
          decisions.map(({ kind, from, to, precedences }) => [kind, from, to, precedences]);
        for (const { channel, status, isDegraded, afterMs, closesInMs } of all) {
          nowMs += afterMs;
          const closes = closesInMs === undefined ? {} : { closesAtMs: nowMs + closesInMs };
          const seen = view(status, { isDegraded, ...closes });
          const next = new Failover(POLICY);
          next.restore(kept(last.memory(nowMs)), nowMs);
          last = next;
          expect(gist(last.observe(channel, seen, nowMs))).toEqual(
            gist(single.observe(channel, seen, nowMs)),
          );
        }
      }),
    );
  });

  test('is the same for as long as nothing happens, however often it is restored', () => {
    let failover = new Failover();
    for (let flap = 0; flap < 6; flap++)
      for (const status of ['up', 'down'] as const) failover.observe('primary', view(status), flap * 1000);
    const before = kept(failover.memory(10_000));
    for (const nowMs of [20_000, 600_000, 1_200_000]) {
      const next = new Failover();
      next.restore(kept(failover.memory(nowMs)), nowMs);
      failover = next;
    }
    expect(kept(failover.memory(1_200_000))).toEqual(before);
    expect(before.channels.primary?.damping?.isSuppressed).toBe(true);
  });

  test('fits a policy that has changed since as far as it can', () => {
    const failover = new Failover();
    failover.observe('secondary', view('up'), 1000);
    const other = new Failover({ order: ['mesh', 'secondary'] });
    other.restore(kept(failover.memory(1000)), 1000);
    expect(other.active('routine')).toBeUndefined();
    expect(other.look(2000)).toMatchObject([{ kind: 'start', to: 'secondary' }]);
  });
});
