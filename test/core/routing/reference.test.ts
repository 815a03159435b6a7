import { describe, expect, test } from 'vitest';
import {
  asabrAnswers,
  hasReferences,
  hdtnAnswers,
  readParsed,
  readPlan,
} from '../../../bench/network/contact-references.ts';
import { createRouter } from '../../../core/routing/router.ts';
import { firstOf } from './oracle.ts';

describe.skipIf(!hasReferences)('published plans (needs ../shared/data)', () => {
  test("gives A-SABR's arrivals", () => {
    const router = createRouter(readPlan('asabr-sample1.json'));
    const answers = asabrAnswers();
    expect(answers.length).toBeGreaterThan(100);
    for (const { query, arrivalMs } of answers)
      expect(router.route(query)?.arrivalMs).toEqual(arrivalMs && expect.closeTo(arrivalMs, 3));
  });

  test("gives HDTN's next hops, delivery times and alternatives", () => {
    const answers = hdtnAnswers();
    expect(answers.length).toBeGreaterThan(2);
    for (const { plan, query, arrivalMs, nextHop, alternatives } of answers) {
      const router = createRouter(readPlan(plan));
      const route = router.route(query);
      expect(route?.arrivalMs).toBe(arrivalMs);
      expect(route?.hops[0]?.to).toBe(nextHop);
      if (alternatives === undefined) continue;
      const found = firstOf(router.alternatives(query), 10).map((other) => ({
        nextHop: other.hops[0]!.to,
        arrivalMs: other.arrivalMs,
      }));
      const times = (routes: typeof alternatives) => routes.map((other) => other.arrivalMs);
      expect(times(found)).toEqual(times(alternatives));
      expect(found).toEqual(expect.arrayContaining(alternatives));
    }
  });

  test('reads every one of them', () => {
    const files = [
      'dtnsim2023-Delta.txt',
      'pydtnsim-03_tvg.json',
      'pydtnsim-tvg_g10_s10.json',
      'pydtnsim-tvg_gs10_hs2_it1.json',
    ];
    const read_ = files.map(readParsed);
    expect(read_.map(({ format, contacts, nodes }) => [format, contacts.length, nodes.length])).toEqual([
      ['ion', 4790, 122],
      ['tvg', 12, 3],
      ['tvg', 1812, 20],
      ['tvg', 2820, 20],
    ]);
    // pydtnsim's third number is the volume of a window: all of these stations send at 250 kbit/s.
    expect(read_[1]!.contacts.map((contact) => Math.round(contact.rateBitsPerSecond))).toEqual(
      Array(12).fill(250_000),
    );
  });
});
