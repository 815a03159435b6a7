import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import { ContactBudget } from '../../../core/satellite/contact-budget.ts';
import { LinkQueue, type LinkQueueOptions } from '../../../core/satellite/link-queue.ts';
import { PRECEDENCES, type Precedence } from '../../../core/satellite/precedence.ts';
import type { Fragment, QueuedBundle } from '../../../core/satellite/queued-bundle.ts';

/** A byte a millisecond. */
const RATE = 8000;
const contact = (startMs: number, endMs: number, more: Partial<Contact> = {}): Contact => ({
  from: 'a',
  to: 'b',
  startMs,
  endMs,
  rateBitsPerSecond: RATE,
  delayMs: 0,
  ...more,
});
const queueOf = (more: Partial<LinkQueueOptions> = {}) =>
  new LinkQueue({
    rateBitsPerSecond: RATE,
    fragmentBytesMax: 100,
    fragmentBytesMin: 10,
    policing: {},
    ...more,
  });
const bundle = (id: string, precedence: Precedence = 'routine', more: Partial<QueuedBundle> = {}) => ({
  id,
  precedence,
  originator: 'a',
  sizeBytes: 100,
  ...more,
});

/** Sends what there is, one fragment after the other, all of it well. */
function drain(queue: LinkQueue, budget: ContactBudget, fromMs: number, fragmentsMax = Infinity): Fragment[] {
  const fragments: Fragment[] = [];
  let now = fromMs;
  while (fragments.length < fragmentsMax) {
    const fragment = queue.next(now, budget);
    if (!fragment) break;
    fragments.push(fragment);
    queue.sent(fragment);
    now = fragment.endMs;
  }
  return fragments;
}
const ids = (fragments: Fragment[]) => fragments.map((fragment) => fragment.bundle.id);

describe('LinkQueue', () => {
  test('sends flash-override, flash and immediate before all others', () => {
    const queue = queueOf();
    for (const precedence of PRECEDENCES.toReversed()) queue.enqueue(bundle(precedence, precedence), 0);
    const order = ids(drain(queue, new ContactBudget(contact(0, 1e6)), 0));
    expect(order.slice(0, 3)).toEqual(['flash-override', 'flash', 'immediate']);
    expect(order.toSorted()).toEqual([...PRECEDENCES].toSorted());
  });

  test('sends the earliest deadline first within a precedence, and otherwise what came first', () => {
    const queue = queueOf();
    queue.enqueue(bundle('never'), 0);
    queue.enqueue(bundle('late', 'routine', { deadlineMs: 9000 }), 0);
    queue.enqueue(bundle('soon', 'routine', { deadlineMs: 5000 }), 0);
    queue.enqueue(bundle('soon too', 'routine', { deadlineMs: 5000 }), 0);
    expect(ids(drain(queue, new ContactBudget(contact(0, 1e6)), 0))).toEqual([
      'soon',
      'soon too',
      'late',
      'never',
    ]);
  });

  test('interrupts a bundle between fragments for a more urgent one and goes on with it after', () => {
    const queue = queueOf();
    const budget = new ContactBudget(contact(0, 1e6));
    queue.enqueue(bundle('long', 'deferred', { sizeBytes: 350 }), 0);
    const first = queue.next(0, budget)!;
    queue.enqueue(bundle('urgent', 'flash', { sizeBytes: 50 }), 10);
    queue.sent(first);
    const rest = drain(queue, budget, first.endMs);
    expect(ids(rest)).toEqual(['urgent', 'long', 'long', 'long']);
    expect([first, ...rest].map(({ offsetBytes, sizeBytes }) => [offsetBytes, sizeBytes])).toEqual([
      [0, 100],
      [0, 50],
      [100, 100],
      [200, 100],
      [300, 50],
    ]);
  });

  test('demotes what exceeds an allowance of its originator, step by step, with a report, and sends it', () => {
    const allowance = { bytesPerSecond: 10, burstBytes: 100 };
    const queue = queueOf({ policing: { flash: allowance, immediate: allowance } });
    expect(queue.enqueue(bundle('1', 'flash'), 0)).toBe('flash');
    expect(queue.enqueue(bundle('2', 'flash'), 0)).toBe('immediate');
    expect(queue.enqueue(bundle('3', 'flash'), 0)).toBe('priority');
    expect(queue.enqueue(bundle('other', 'flash', { originator: 'b' }), 0)).toBe('flash');
    expect(queue.enqueue(bundle('4', 'flash'), 9999)).toBe('priority');
    expect(queue.enqueue(bundle('5', 'flash'), 10_000)).toBe('flash');
    expect(
      queue.takeReports().map((report) => report.kind === 'demoted' && [report.bundle.id, report.to]),
    ).toEqual([
      ['2', 'immediate'],
      ['3', 'priority'],
      ['4', 'priority'],
    ]);
    expect(ids(drain(queue, new ContactBudget(contact(0, 1e6)), 10_000))).toEqual([
      '1',
      'other',
      '5',
      '2',
      '3',
      '4',
    ]);
  });

  test('a flood by ever new originators is demoted and uses up no memory', () => {
    const queue = queueOf({
      policing: { flash: { bytesPerSecond: 1, burstBytes: 100 } },
      bundlesMax: 1e6,
    });
    for (let i = 0; i < 100_000; i++)
      queue.enqueue(bundle(`${i}`, 'flash', { originator: `o${i}`, sizeBytes: 1 }), 0);
    expect(queue.depth('flash').bundles).toBe(100_000);
    expect(queue.enqueue(bundle('x', 'flash', { originator: 'x', sizeBytes: 1 }), 1)).toBe('immediate');
    expect(queue.enqueue(bundle('y', 'flash', { originator: 'y', sizeBytes: 1 }), 2000)).toBe('flash');
  });

  test('drops with a report what can no longer arrive in time', () => {
    const queue = queueOf({ delayMs: 50 });
    queue.enqueue(bundle('in time', 'deferred', { deadlineMs: 1150 }), 0);
    queue.enqueue(bundle('too late', 'flash', { deadlineMs: 1149 }), 0);
    expect(ids(drain(queue, new ContactBudget(contact(1000, 2000)), 1000))).toEqual(['in time']);
    expect(queue.takeReports()).toEqual([
      expect.objectContaining({
        kind: 'expired',
        atMs: 1000,
        unsentBytes: 100,
        reason: 'its rest had to leave 1 ms sooner to arrive in time',
      }),
    ]);
  });

  test('drops at the end of a contact what the next one would bring too late', () => {
    const queue = queueOf();
    queue.enqueue(bundle('late', 'flash', { deadlineMs: 5000 }), 0);
    queue.expire(2000, 5000);
    expect(queue.totals().expired).toEqual({ bundles: 1, bytes: 100 });
  });

  test("doesn't begin what would end too late in the next contact", () => {
    const queue = queueOf();
    queue.enqueue(bundle('long', 'flash', { sizeBytes: 1000, deadlineMs: 5000 }), 0);
    queue.enqueue(bundle('short', 'routine'), 0);
    const budget = new ContactBudget(contact(0, 500), { nextStartMs: 4501 });
    expect(ids(drain(queue, budget, 0))).toEqual(['short']);
    expect(queue.takeReports()).toEqual([
      expect.objectContaining({ kind: 'expired', reason: 'its rest would leave 1 ms too late' }),
    ]);
  });

  test('fits fragments into what is left of a contact; the rest waits for the next one', () => {
    const queue = queueOf({ overheadBytes: 5 });
    queue.enqueue(bundle('a', 'routine', { sizeBytes: 250 }), 0);
    const first = drain(queue, new ContactBudget(contact(0, 230)), 0);
    expect(first.map(({ sizeBytes, endMs }) => [sizeBytes, endMs])).toEqual([
      [100, 105],
      [100, 210],
      [15, 230],
    ]);
    expect(queue.totals().waiting).toEqual({ bundles: 1, bytes: 35 });
    const [rest] = drain(queue, new ContactBudget(contact(1000, 1100)), 1000);
    expect(rest).toMatchObject({ offsetBytes: 215, sizeBytes: 35, startMs: 1000, endMs: 1040 });
  });

  test('sends what fits in the place of what must not be fragmented and does not', () => {
    const queue = queueOf();
    queue.enqueue(bundle('whole', 'flash', { sizeBytes: 500, isFragmentable: false }), 0);
    queue.enqueue(bundle('small', 'deferred'), 0);
    expect(ids(drain(queue, new ContactBudget(contact(0, 400)), 0))).toEqual(['small']);
    expect(ids(drain(queue, new ContactBudget(contact(500, 1000)), 500))).toEqual(['whole']);
  });

  test('takes turns with what is huge and goes whole without going round for ever', () => {
    const queue = queueOf({ fragmentBytesMax: 1, fragmentBytesMin: 1 });
    queue.enqueue(bundle('huge', 'deferred', { sizeBytes: 2 ** 40, isFragmentable: false }), 0);
    const fragment = queue.next(0, new ContactBudget(contact(0, 1e13)));
    expect(fragment?.sizeBytes).toBe(2 ** 40);
  });

  test('sends again what was lost, before the rest of its bundle', () => {
    const queue = queueOf();
    const budget = new ContactBudget(contact(0, 1e6));
    queue.enqueue(bundle('a', 'routine', { sizeBytes: 300 }), 0);
    const [first, second] = [queue.next(0, budget)!, queue.next(100, budget)!];
    queue.failed(first);
    expect(queue.sent(second)).toBe(false);
    const again = drain(queue, budget, 200);
    expect(again.map(({ offsetBytes }) => offsetBytes)).toEqual([0, 200]);
    expect(queue.totals()).toMatchObject({
      sent: { bundles: 1, bytes: 300 },
      waiting: { bundles: 0, bytes: 0 },
    });
  });

  test('goes on where a bundle was before a restart', () => {
    const queue = queueOf();
    queue.enqueue(bundle('a', 'routine', { sizeBytes: 300, sentBytes: 250 }), 0);
    const [rest] = drain(queue, new ContactBudget(contact(0, 1e6)), 0);
    expect(rest).toMatchObject({ offsetBytes: 250, sizeBytes: 50 });
  });

  test('evicts what is less precedent, the latest deadline first, where room is short', () => {
    const queue = queueOf({ capacityBytes: 300 });
    queue.enqueue(bundle('deferred', 'deferred', { deadlineMs: 1e6 }), 0);
    queue.enqueue(bundle('deferred, no deadline', 'deferred'), 0);
    queue.enqueue(bundle('priority', 'priority'), 0);
    queue.enqueue(bundle('flash', 'flash'), 5);
    expect(queue.takeReports()).toEqual([
      expect.objectContaining({
        kind: 'evicted',
        bundle: expect.objectContaining({ id: 'deferred, no deadline' }),
        reason: 'bundle flash (flash) needed its room',
      }),
    ]);
    expect(() => queue.enqueue(bundle('more', 'deferred'), 6)).toThrow(
      expect.objectContaining({ name: 'QueueFull', kind: 'limited' }),
    );
  });

  test('ignores answers for what is gone', () => {
    const queue = queueOf();
    queue.enqueue(bundle('a'), 0);
    const fragment = queue.next(0, new ContactBudget(contact(0, 1e6)))!;
    expect(queue.evict('a', 10, 'goes by mesh')).toBe(true);
    expect(queue.sent(fragment)).toBe(false);
    queue.failed(fragment);
    expect(queue.evict('a', 10, 'goes by mesh')).toBe(false);
    expect(queue.totals()).toMatchObject({
      sent: { bundles: 0, bytes: 0 },
      evicted: { bundles: 1, bytes: 100 },
    });
  });

  test('shares what the strict ones leave by weight', () => {
    const queue = queueOf({ weights: { priority: 5, routine: 3, deferred: 2 }, floors: {} });
    for (const precedence of ['priority', 'routine', 'deferred'] as const)
      queue.enqueue(bundle(precedence, precedence, { sizeBytes: 1e6 }), 0);
    const served = drain(queue, new ContactBudget(contact(0, 1e5)), 0);
    const bytes = (of: string) =>
      served.filter(({ precedence }) => precedence === of).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(bytes('priority')).toBeCloseTo(5e4, -3);
    expect(bytes('routine')).toBeCloseTo(3e4, -3);
    expect(bytes('deferred')).toBeCloseTo(2e4, -3);
  });

  test.each<Precedence>(['flash-override', 'flash', 'immediate', 'priority'])(
    'keeps the floor of routine when %s fills the link',
    (precedence) => {
      const queue = queueOf({ floors: { routine: 0.1 }, weights: { priority: 1000 } });
      queue.enqueue(bundle('flood', precedence, { sizeBytes: 1e7 }), 0);
      queue.enqueue(bundle('routine', 'routine', { sizeBytes: 1e7 }), 0);
      const served = drain(queue, new ContactBudget(contact(0, 2e6)), 0);
      const routine = served.filter((fragment) => fragment.precedence === 'routine').length;
      expect(served).toHaveLength(10_000 * 2);
      expect(routine).toBeGreaterThanOrEqual(served.length * 0.1);
    },
  );

  test('lets a floor go ahead of flash only after its debt, so that a burst of flash waits for one fragment', () => {
    const queue = queueOf();
    queue.enqueue(bundle('routine', 'routine', { sizeBytes: 1e6 }), 0);
    const budget = new ContactBudget(contact(0, 1e7));
    const before = queue.next(0, budget)!;
    for (let i = 0; i < 600; i++) queue.enqueue(bundle(`flash ${i}`, 'flash'), 1);
    const served = drain(queue, budget, before.endMs, 600);
    expect(served.every(({ precedence }) => precedence === 'flash')).toBe(true);
  });

  test.each([
    ['a size of NaN', { sizeBytes: Number.NaN }],
    ['a size of 0', { sizeBytes: 0 }],
    ['an infinite size', { sizeBytes: Infinity }],
    ['an unknown precedence', { precedence: 'urgent' as Precedence }],
    ['a deadline of NaN', { deadlineMs: Number.NaN }],
    ['more sent than there is', { sentBytes: 100 }],
    ['an empty id', { id: '' }],
  ])('refuses %s', (_, wrong) => {
    expect(() => queueOf().enqueue({ ...bundle('a'), ...wrong }, 0)).toThrow(
      expect.objectContaining({ name: 'InvalidInput' }),
    );
  });

  test('refuses a bundle that waits already, and a time that is none', () => {
    const queue = queueOf();
    queue.enqueue(bundle('a'), 0);
    expect(() => queue.enqueue(bundle('a'), 0)).toThrow(expect.objectContaining({ name: 'Conflict' }));
    expect(() => queue.enqueue(bundle('b'), Number.NaN)).toThrow(
      expect.objectContaining({ name: 'InvalidInput' }),
    );
  });

  test('conserves bundles and bytes, keeps to the volume of contacts and puts bundles together, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 120 }), (walk) => {
        const queue = queueOf({
          capacityBytes: 3000,
          overheadBytes: 3,
          policing: { flash: { bytesPerSecond: 100, burstBytes: 400 } },
        });
        let now = 0;
        let count = 0;
        let budget = new ContactBudget(contact(0, 0));
        let end = 0;
        let sentOnAir = 0;
        let volume = 0;
        const out: Fragment[] = [];
        const covered = new Map<string, boolean[]>();
        for (const step of walk) {
          now += step.waitMs;
          if (step.do === 'enqueue') {
            try {
              queue.enqueue(
                {
                  ...bundle(`${count++}`, step.precedence, {
                    sizeBytes: step.sizeBytes,
                    isFragmentable: step.isFragmentable,
                  }),
                  ...(step.livesMs && { deadlineMs: now + step.livesMs }),
                },
                now,
              );
            } catch (error) {
              expect((error as Error).name).toBe('QueueFull');
            }
          } else if (step.do === 'contact') {
            end = now + step.sizeBytes;
            budget = new ContactBudget(contact(now, end));
            volume += step.sizeBytes;
          } else if (step.do === 'next') {
            const fragment = queue.next(now, budget);
            if (fragment) {
              expect(fragment.endMs).toBeLessThanOrEqual(end + 1e-6);
              expect(fragment.startMs).toBeGreaterThanOrEqual(now);
              sentOnAir += fragment.sizeBytes + 3;
              out.push(fragment);
            }
          } else if (out.length > 0) {
            const [fragment] = out.splice(step.pick % out.length, 1);
            if (step.do === 'fail') queue.failed(fragment!);
            else {
              const { id, sizeBytes } = fragment!.bundle;
              const bytes = covered.get(id) ?? Array<boolean>(sizeBytes).fill(false);
              covered.set(id, bytes);
              const before = queue.totals().sent.bytes;
              const isWhole = queue.sent(fragment!);
              if (queue.totals().sent.bytes > before)
                for (let at = fragment!.offsetBytes; at < fragment!.offsetBytes + fragment!.sizeBytes; at++) {
                  expect(bytes[at]).toBe(false);
                  bytes[at] = true;
                }
              if (isWhole) expect(bytes.every(Boolean)).toBe(true);
            }
          }
          const { accepted, sent, waiting, expired, evicted } = queue.totals();
          for (const of of ['bundles', 'bytes'] as const)
            expect(sent[of] + waiting[of] + expired[of] + evicted[of]).toBe(accepted[of]);
          expect(sentOnAir).toBeLessThanOrEqual(volume);
          expect(waiting.bytes).toBeLessThanOrEqual(3000);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const steps = fc.record({
  do: fc.constantFrom('enqueue', 'enqueue', 'contact', 'next', 'next', 'sent', 'fail'),
  waitMs: fc.nat(200),
  precedence: fc.constantFrom(...PRECEDENCES),
  sizeBytes: fc.integer({ min: 1, max: 900 }),
  isFragmentable: fc.boolean(),
  livesMs: fc.constantFrom(0, 300, 1500, 5000),
  pick: fc.nat(),
});
