import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput, StoreUnavailable } from '../../../core/errors.ts';
import { Breaker, BREAKER } from '../../../core/link-health/breaker.ts';
import { Bulkhead, PLACES_EACH } from '../../../core/link-health/bulkhead.ts';
import { Isolation } from '../../../core/link-health/isolation.ts';
import { LinkDown } from '../../../core/ports/link-client.ts';
import { VirtualTime } from '../../../core/simulator/virtual-time.ts';

function opened(): Breaker {
  const breaker = new Breaker();
  for (let failure = 0; failure < BREAKER.failuresMax; failure++) {
    expect(breaker.tryPass(0)).toBe(true);
    breaker.failed(0, 0);
  }
  return breaker;
}

describe('a breaker', () => {
  it('opens after failures in a row, not after as many with a success between them', () => {
    const mixed = new Breaker();
    for (let round = 0; round < 10; round++) {
      for (let failure = 1; failure < BREAKER.failuresMax; failure++) mixed.failed(round, round);
      mixed.succeeded(round);
    }
    expect(mixed.state(10)).toBe('closed');
    expect(opened().state(0)).toBe('open');
  });

  it('lets one probe through when half-open, and closes on its success', () => {
    const breaker = opened();
    expect(breaker.tryPass(BREAKER.openMs - 1)).toBe(false);
    expect(breaker.retryAtMs).toBe(BREAKER.openMs);
    expect([1, 2, 3].map(() => breaker.tryPass(BREAKER.openMs))).toEqual([true, false, false]);
    breaker.succeeded(BREAKER.openMs);
    expect(breaker.tryPass(BREAKER.openMs)).toBe(true);
  });

  it('doubles its time each time that the probe fails, up to its limit', () => {
    const breaker = opened();
    const openMs: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      const nowMs = breaker.retryAtMs;
      expect(breaker.tryPass(nowMs)).toBe(true);
      breaker.failed(nowMs, nowMs);
      openMs.push(breaker.retryAtMs - nowMs);
    }
    expect(openMs).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  it('takes no word of what was sent before for the word of the probe', () => {
    const breaker = opened();
    breaker.succeeded(0);
    expect(breaker.state(1)).toBe('open');
    breaker.tryPass(BREAKER.openMs);
    breaker.succeeded(BREAKER.openMs - 1);
    breaker.failed(BREAKER.openMs - 1, BREAKER.openMs);
    expect(breaker.state(BREAKER.openMs)).toBe('half-open');
  });

  it('takes a probe that nobody told the outcome of for failed', () => {
    const breaker = opened();
    breaker.tryPass(BREAKER.openMs);
    expect(breaker.tryPass(BREAKER.openMs + BREAKER.probeMsMax - 1)).toBe(false);
    expect(breaker.state(BREAKER.openMs + BREAKER.probeMsMax)).toBe('open');
    expect(breaker.tryPass(breaker.retryAtMs)).toBe(true);
  });

  it('refuses limits that are none', () => {
    for (const wrong of [{ failuresMax: 0 }, { openMs: NaN }, { openMsMax: 1 }, { probeMsMax: -1 }])
      expect(() => new Breaker({ ...BREAKER, ...wrong })).toThrow(InvalidInput);
  });
});

describe('a bulkhead', () => {
  it('keeps a place for each precedence, however many of another want in', () => {
    const bulkhead = new Bulkhead({ routine: 2, flash: 1 });
    const routine = [1, 2, 3, 4].map(() => bulkhead.tryEnter('routine'));
    expect(routine.map((leave) => leave !== undefined)).toEqual([true, true, false, false]);
    expect(bulkhead.tryEnter('flash')).toBeDefined();
    expect(bulkhead.tryEnter('flash')).toBeUndefined();
  });

  it('takes a place back once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), (steps) => {
        const bulkhead = new Bulkhead({ priority: 3 });
        const inside: (() => void)[] = [];
        let taken = 0;
        const left = new Set<() => void>();
        for (const step of steps) {
          const leave = step % 2 === 0 ? bulkhead.tryEnter('priority') : undefined;
          if (leave !== undefined) {
            inside.push(leave);
            taken++;
          } else if (inside.length > 0) {
            const chosen = inside[step % inside.length]!;
            if (!left.has(chosen)) taken--;
            left.add(chosen);
            chosen();
          }
          expect(bulkhead.free('priority')).toBe(3 - taken);
        }
      }),
    );
  });

  it('lets in by turn whoever waits, and nobody whose patience is over', async () => {
    const bulkhead = new Bulkhead({ flash: 1 });
    const first = bulkhead.tryEnter('flash')!;
    const patience = Promise.withResolvers<void>();
    const never = () => new Promise<void>(() => undefined);
    const impatient = bulkhead.enter('flash', () => patience.promise);
    const [second, third] = [bulkhead.enter('flash', never), bulkhead.enter('flash', never)];
    patience.resolve();
    expect(await impatient).toBeUndefined();
    first();
    const leave = await second;
    expect(bulkhead.tryEnter('flash')).toBeUndefined();
    leave!();
    (await third)!();
    expect(bulkhead.free('flash')).toBe(1);
  });

  it('refuses a number of places that is none', () => {
    for (const places of [0, -1, 1.5, NaN, Infinity])
      expect(() => new Bulkhead({ deferred: places })).toThrow(InvalidInput);
  });
});

describe('a channel to a neighbour', () => {
  const sending = { to: 'edge', channel: 'primary', precedence: 'routine' } as const;
  const down = () => Promise.reject(new StoreUnavailable('The broker is gone.', 'Wait.'));
  const never = () => new Promise<void>(() => undefined);

  async function failing(times: number) {
    const time = new VirtualTime(0);
    const isolation = new Isolation(time);
    for (let time = 0; time < times; time++)
      await expect(isolation.run(sending, down)).rejects.toBeInstanceOf(StoreUnavailable);
    return { time, isolation };
  }

  it('is not tried for a while where it failed time after time, and others are', async () => {
    const { time, isolation } = await failing(BREAKER.failuresMax);
    let sent = 0;
    const send = async () => void sent++;
    await expect(isolation.run(sending, send)).rejects.toMatchObject({
      name: 'LinkDown',
      message: expect.stringContaining('failed time after time'),
    });
    await isolation.run({ ...sending, channel: 'mesh' }, send);
    await isolation.run({ ...sending, to: 'other' }, send);
    expect(sent).toBe(2);
    time.run(BREAKER.openMs);
    await isolation.run(sending, send);
    await isolation.run(sending, send);
    expect(sent).toBe(4);
  });

  it('is tried by what is urgent all the same', async () => {
    const { isolation } = await failing(BREAKER.failuresMax);
    let sent = 0;
    await isolation.run({ ...sending, precedence: 'flash' }, async () => void sent++);
    expect(sent).toBe(1);
  });

  it('is no less trusted for links of which it is known that they are down', async () => {
    const isolation = new Isolation(new VirtualTime(0));
    const known = () => Promise.reject(new LinkDown('It is not connected.', 'Wait.'));
    for (let time = 0; time < 100; time++)
      await expect(isolation.run(sending, known)).rejects.toThrow('It is not connected.');
  });

  it('that takes nothing any more holds no more than its places, of each precedence', async () => {
    const time = new VirtualTime(0);
    const isolation = new Isolation(time);
    for (let stuck = 0; stuck < PLACES_EACH; stuck++) void isolation.run(sending, never);
    const refused = isolation.run(sending, never);
    refused.catch(() => undefined);
    let sent = 0;
    await isolation.run({ ...sending, precedence: 'priority' }, async () => void sent++);
    await isolation.run({ ...sending, to: 'other' }, async () => void sent++);
    expect(sent).toBe(2);
    time.run(1000);
    await expect(refused).rejects.toMatchObject({ name: 'LinkDown' });
  });
});
