import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import { throughLinks } from '../../../core/network/contacts.ts';
import type { NetworkLink } from '../../../core/network/network.ts';

const LINK: NetworkLink = {
  id: 'dish',
  from: 'a',
  to: 'b',
  channel: 'satellite',
  rateBitsPerSecond: 1000,
  delayMs: 50,
  lossRatio: 0.1,
  viaContacts: true,
};

/** Windows on whole milliseconds, some of which change their rate. */
const contact = fc
  .record({
    startMs: fc.integer({ min: 0, max: 1000 }),
    lengthMs: fc.integer({ min: 1, max: 200 }),
    rate: fc.integer({ min: 1, max: 3000 }),
    delayMs: fc.constantFrom(0, 7),
    steps: fc.uniqueArray(fc.integer({ min: 1, max: 199 }), { maxLength: 4 }),
    to: fc.constantFrom('b', 'b', 'c'),
    source: fc.constantFrom('plan:p', 'plan:q'),
  })
  .map(({ startMs, lengthMs, rate, delayMs, steps, to, source }): Contact => {
    const changes = steps.filter((step) => step < lengthMs).sort((a, b) => a - b);
    return {
      from: 'a',
      to,
      startMs,
      endMs: startMs + lengthMs,
      rateBitsPerSecond: rate,
      delayMs,
      linkId: source,
      ...(changes.length > 0 && {
        rateSteps: changes.map((step) => ({ atMs: startMs + step, rateBitsPerSecond: step * 10 })),
      }),
    };
  });

const covers = (contacts: readonly Contact[], atMs: number): Contact | undefined =>
  contacts.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);

describe('contacts of a link', () => {
  test('cover what they covered, once, at no more than the rate of the link', () => {
    fc.assert(
      fc.property(fc.array(contact, { maxLength: 20 }), (given) => {
        const made = throughLinks(given, [LINK]);
        const through = made.filter(({ linkId }) => linkId === 'dish');
        expect(made.filter(({ linkId }) => linkId !== 'dish')).toEqual(given.filter(({ to }) => to === 'c'));
        compilePlan(through);
        const toB = given.filter(({ to }) => to === 'b');
        for (let atMs = 0; atMs < 1200; atMs += 3) {
          const now = covers(through, atMs);
          expect(now === undefined).toBe(covers(toB, atMs) === undefined);
        }
        for (const { rateBitsPerSecond, rateSteps = [], delayMs } of through) {
          expect(
            Math.max(rateBitsPerSecond, ...rateSteps.map((step) => step.rateBitsPerSecond)),
          ).toBeLessThanOrEqual(900);
          expect([7, 50]).toContain(delayMs);
        }
      }),
    );
  });

  test('are left to their source where no link is usable in contacts only', () => {
    const given = fc.sample(contact, 5);
    expect(throughLinks(given, [{ ...LINK, viaContacts: false }])).toEqual(given);
  });
});
