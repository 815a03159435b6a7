/** What every `Slots` keeps to. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AGEING_MS, type SlotRequest, type Slots } from '../../core/ports/slots.ts';
import { NaiveSlots } from './slots-model.ts';

const request = (holder: string, pools: string[], changes: Partial<SlotRequest> = {}): SlotRequest => ({
  holder,
  pools,
  priority: 5,
  readyMs: 0,
  index: 0,
  ...changes,
});

export interface SlotsSuiteOptions {
  /** Random histories to try. @default 300 */
  numRuns?: number;
  /** Steps of the longest. @default 120 */
  stepsMax?: number;
  /** The adapter keeps nothing of a pool before it is sized: its size counts those who ask later. @default false */
  countsFromSize?: boolean;
}

/** `open` gives empty slots each time. */
export function slotsSuite(
  name: string,
  open: () => Slots | Promise<Slots>,
  { numRuns = 300, stepsMax = 120, countsFromSize = false }: SlotsSuiteOptions = {},
): void {
  describe(`${name} as Slots`, () => {
    let slots: Slots;
    beforeEach(async () => {
      slots = await open();
    });

    it('gives places up to the size of a pool, and the next one when one is given back', async () => {
      await slots.limit('tasks', 2);
      expect(await slots.acquire(request('a', ['tasks']))).toBe(true);
      expect(await slots.acquire(request('b', ['tasks']))).toBe(true);
      expect(await slots.acquire(request('c', ['tasks']))).toBe(false);
      expect(await slots.usage()).toEqual({ tasks: { size: 2, held: 2, queued: 1 } });
      expect(await slots.release('a')).toEqual(['c']);
      expect(await slots.usage()).toEqual({ tasks: { size: 2, held: 2, queued: 0 } });
    });

    it('does not limit a pool that nobody sized', async () => {
      for (let at = 0; at < 1000; at++) expect(await slots.acquire(request(`h${at}`, ['any']))).toBe(true);
    });

    it('lets each ask and give back again without effect', async () => {
      await slots.limit('tasks', 1);
      for (let twice = 0; twice < 2; twice++) {
        expect(await slots.acquire(request('a', ['tasks']))).toBe(true);
        expect(await slots.acquire(request('b', ['tasks']))).toBe(false);
      }
      expect(await slots.release('nobody')).toEqual([]);
      expect(await slots.release('a')).toEqual(['b']);
      expect(await slots.release('a')).toEqual([]);
      expect(await slots.acquire(request('b', ['tasks']))).toBe(true);
    });

    it('takes one place of each pool, or none', async () => {
      await slots.limit('x', 1);
      await slots.limit('y', 1);
      expect(await slots.acquire(request('a', ['x']))).toBe(true);
      expect(await slots.acquire(request('both', ['x', 'y', 'y']))).toBe(false);
      expect((await slots.usage()).y).toEqual({ size: 1, held: 0, queued: 1 });
      expect(await slots.acquire(request('b', ['y']))).toBe(true);
      expect(await slots.release('a')).toEqual([]);
      expect(await slots.release('b')).toEqual(['both']);
    });

    it('passes over those who wait for another pool', async () => {
      await slots.limit('tasks', 1);
      await slots.limit('slow', 0);
      await slots.acquire(request('a', ['tasks']));
      await slots.acquire(request('stuck', ['tasks', 'slow'], { priority: 100 }));
      await slots.acquire(request('b', ['tasks']));
      expect(await slots.release('a')).toEqual(['b']);
    });

    it('wakes whoever fits when a pool grows, and hands out nothing while it is over a smaller size', async () => {
      await slots.limit('tasks', 2);
      for (const holder of ['a', 'b', 'c', 'd']) await slots.acquire(request(holder, ['tasks']));
      await slots.limit('tasks', 1);
      expect(await slots.release('a')).toEqual([]);
      expect(await slots.limit('tasks', 3)).toEqual(['c', 'd']);
      expect(await slots.limit('tasks', Number.POSITIVE_INFINITY)).toEqual([]);
    });

    it('goes by priority, then by place, and lets waiting outweigh priority', async () => {
      await slots.limit('tasks', 0);
      const late = 10 * AGEING_MS;
      const order = [
        request('old and low', ['tasks'], { priority: 1, readyMs: 0 }),
        request('high', ['tasks'], { priority: 10, readyMs: late }),
        request('first', ['tasks'], { readyMs: late, index: 1 }),
        request('second', ['tasks'], { readyMs: late, index: 2 }),
      ];
      for (const one of order.toReversed()) await slots.acquire(one);
      expect(await slots.limit('tasks', 9)).toEqual(order.map(({ holder }) => holder));
    });

    it('forgets whoever leaves the queue', async () => {
      await slots.limit('tasks', 1);
      for (const holder of ['a', 'b', 'c']) await slots.acquire(request(holder, ['tasks']));
      expect(await slots.release('b')).toEqual([]);
      expect(await slots.release('a')).toEqual(['c']);
    });

    it('agrees with a naive model: limits hold, nobody waits who could run, the best goes first', async () => {
      const pool = fc.constantFrom('p', 'q', 'r');
      const holder = fc.nat(19).map((at) => `h${at}`);
      const step = fc.oneof(
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), pool, size: fc.nat(3) }) },
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), holder }) },
        {
          weight: 6,
          arbitrary: fc.record({
            kind: fc.constant('acquire' as const),
            holder,
            pools: fc.constantFrom(
              ['p'],
              ['p', 'q'],
              ['q', 'p'],
              ['r', 'p'],
              ['q', 'r'],
              ['p', 'q', 'r'],
              ...(countsFromSize ? [] : [[]]),
            ),
            priority: fc.nat(9),
            readyMs: fc.nat(3).map((steps) => steps * AGEING_MS),
          }),
        },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: stepsMax, size: 'max' }), async (steps) => {
          const subject = await open();
          const model = new NaiveSlots();
          for (const name of countsFromSize ? ['p', 'q', 'r'] : ['p', 'q']) {
            model.limit(name, 1);
            await subject.limit(name, 1);
          }
          for (const [index, one] of steps.entries()) {
            if (one.kind === 'limit') {
              expect(await subject.limit(one.pool, one.size)).toEqual(model.limit(one.pool, one.size));
            } else if (one.kind === 'release') {
              expect(await subject.release(one.holder)).toEqual(model.release(one.holder));
            } else {
              expect(await subject.acquire({ ...one, index })).toBe(model.acquire({ ...one, index }));
            }
            for (const [name, { held, queued }] of Object.entries(await subject.usage())) {
              expect([name, held, queued]).toEqual([name, model.heldIn(name), model.queuedIn(name)]);
            }
          }
        }),
        { numRuns },
      );
    });
  });
}
