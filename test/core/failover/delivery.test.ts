import { describe, expect, it } from 'vitest';
import { Delivery } from '../../../core/failover/delivery.ts';
import { Failover, type Parcel } from '../../../core/failover/failover.ts';
import type { FailoverPolicy } from '../../../core/failover/policy.ts';
import { budgetOf, RetryBudget } from '../../../core/link-health/retry.ts';
import { type Channel, CHANNELS } from '../../../core/node/node.ts';
import { view } from './channels.ts';

const FLASH: Parcel = { precedence: 'flash', sizeBytes: 1000, expiresAtMs: 60_000 };

function deliver(parcel: Partial<Parcel> = {}, { policy = {}, works = CHANNELS as readonly Channel[] } = {}) {
  const failover = new Failover(policy satisfies FailoverPolicy);
  for (const channel of CHANNELS) failover.observe(channel, view(works.includes(channel) ? 'up' : 'down'), 0);
  const ports = { failover, budget: new RetryBudget(budgetOf('routine')), random: { next: () => 0.5 } };
  return { failover, delivery: new Delivery({ ...FLASH, ...parcel }, ports) };
}

describe('a delivery', () => {
  it('goes over the channel decided on, and ends when it is acknowledged', () => {
    const { delivery } = deliver();
    expect(delivery.next(0)).toEqual({ kind: 'send', channels: ['primary'], reason: 'primary: decided on' });
    expect(delivery.next(10)).toMatchObject({ kind: 'wait', reason: 'it is on its way' });
    delivery.acknowledged('primary');
    expect(delivery.next(20)).toMatchObject({ kind: 'ended', outcome: 'acknowledged' });
  });

  it('gives each channel that works its turn before it waits', () => {
    const { delivery } = deliver();
    const turns = CHANNELS.map(() => {
      const step = delivery.next(0);
      if (step.kind !== 'send') return step;
      for (const channel of step.channels) delivery.failed(channel);
      return step.channels[0];
    });
    expect(turns).toEqual(CHANNELS);
    expect(delivery.next(0)).toMatchObject({ kind: 'wait', untilMs: 100 });
    expect(delivery.next(100)).toMatchObject({ kind: 'send', channels: ['primary'] });
  });

  it('goes on only when none of its copies is on its way any more', () => {
    const { delivery } = deliver({}, { policy: { copies: { flash: 2 } } });
    expect(delivery.next(0)).toMatchObject({ channels: ['primary', 'secondary'] });
    delivery.failed('primary');
    expect(delivery.next(1)).toMatchObject({ kind: 'wait' });
    delivery.failed('secondary');
    expect(delivery.next(2)).toMatchObject({ channels: ['satellite', 'mesh'] });
  });

  it('tries channels that are believed down where it is urgent, each by one bundle at a time', () => {
    const { delivery, failover } = deliver({}, { works: [] });
    expect(delivery.next(0)).toMatchObject({
      channels: ['primary'],
      reason: 'primary: believed down, but nothing else is left',
    });
    const ports = { failover, budget: new RetryBudget(budgetOf('routine')), random: { next: () => 0.5 } };
    const others = CHANNELS.map(() => new Delivery(FLASH, ports).next(1));
    expect(others.map((step) => (step.kind === 'send' ? step.channels[0] : step.kind))).toEqual([
      'secondary',
      'satellite',
      'mesh',
      'wait',
    ]);
    expect(others[3]).toMatchObject({ untilMs: 2000 });
    const routine = new Delivery({ ...FLASH, precedence: 'routine' }, ports);
    expect(routine.next(5000)).toMatchObject({
      kind: 'wait',
      untilMs: FLASH.expiresAtMs,
      reason: 'no channel works',
    });
  });

  it('goes over a channel that is believed down at once when another came through it', () => {
    const { delivery, failover } = deliver({}, { works: [], policy: { order: ['primary'] } });
    const ports = { failover, budget: new RetryBudget(budgetOf('flash')), random: { next: () => 0.5 } };
    const other = new Delivery(FLASH, ports);
    expect([delivery.next(0).kind, other.next(100).kind]).toEqual(['send', 'wait']);
    delivery.acknowledged('primary');
    expect(other.next(100)).toMatchObject({ kind: 'send', channels: ['primary'] });
  });

  it('goes at once when a channel begins to work, however long it was to wait', () => {
    const { delivery, failover } = deliver({ precedence: 'routine', expiresAtMs: 1e9 }, { works: ['mesh'] });
    delivery.next(1);
    delivery.failed('mesh');
    expect(delivery.next(2)).toMatchObject({ kind: 'wait', untilMs: 102 });
    failover.observe('satellite', view('up'), 3);
    expect(delivery.next(3)).toMatchObject({ kind: 'send', channels: ['mesh'] });
    delivery.failed('mesh');
    expect(delivery.next(4)).toMatchObject({ kind: 'send', channels: ['satellite'] });
  });

  it('waits for the contact that is planned', () => {
    const { delivery, failover } = deliver({ precedence: 'deferred', expiresAtMs: 1e9 }, { works: [] });
    failover.observe('satellite', view('closed', { opensAtMs: 500_000 }), 0);
    expect(delivery.next(0)).toMatchObject({ kind: 'wait', untilMs: 500_000 });
  });

  it('expires when its lifetime is over, and not before, though no try is left in between', () => {
    const { delivery } = deliver({ expiresAtMs: 70 });
    for (const channel of CHANNELS) {
      expect(delivery.next(0).kind).toBe('send');
      delivery.failed(channel);
    }
    expect(delivery.next(0)).toMatchObject({
      kind: 'wait',
      untilMs: 70,
      reason: expect.stringMatching(/^another try would end \d+ ms too late/),
    });
    expect(delivery.next(69).kind).toBe('wait');
    expect(delivery.next(70)).toMatchObject({ kind: 'ended', outcome: 'expired' });
    delivery.acknowledged('primary');
    expect(delivery.next(71)).toMatchObject({ outcome: 'expired' });
  });
});
