/** Published plans with recorded answers, in ../shared/data beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import { parsePlan } from '../../../core/contact-plan/plan.ts';
import { createRouter } from '../../../core/routing/router.ts';
import { firstOf } from './oracle.ts';

const DATA = resolve(import.meta.dirname, '../../../../shared/data/network');
const isThere = existsSync(DATA);
const read = (file: string) => readFileSync(join(DATA, file), 'utf8');
const json = <Value>(file: string) => JSON.parse(read(file)) as Value;

function routerOf(file: string) {
  const plan = parsePlan(read(file), file);
  return createRouter(compilePlan(plan.contacts, plan.nodes));
}

interface HdtnQuery {
  plan: string;
  src: number;
  dst: number;
  next?: number;
  bdt?: number;
  yen_k10?: [next: number, arrival: number][];
}

describe.skipIf(!isThere)('published plans (needs ../shared/data)', () => {
  test("gives A-SABR's arrivals", () => {
    interface Query {
      src: string;
      dst: string;
      t: number;
      size: number;
      arrival: number | null;
    }
    const router = routerOf('asabr-sample1.json');
    const queries = json<Query[]>('asabr-sample1-expected.json');
    expect(queries.length).toBeGreaterThan(100);
    for (const { src, dst, t, size, arrival } of queries) {
      const route = router.route({ from: src, to: dst, atMs: t * 1000, sizeBytes: size / 8 });
      const expected = arrival === null ? undefined : expect.closeTo(arrival, 6);
      expect(route && route.arrivalMs / 1000).toEqual(expected);
    }
  });

  test("gives HDTN's next hops, delivery times and alternatives", () => {
    const { queries } = json<{ queries: HdtnQuery[] }>('hdtn-expected.json');
    expect(queries.length).toBeGreaterThan(2);
    for (const { plan, src, dst, next, bdt, yen_k10: yen } of queries) {
      const router = routerOf(`hdtn-${plan}.json`);
      const query = { from: String(src), to: String(dst), atMs: 0 };
      const route = router.route(query);
      expect(route && route.arrivalMs / 1000).toBe(bdt);
      expect(route?.hops[0]?.to).toBe(next && String(next));
      if (yen === undefined) continue;
      const found = firstOf(router.alternatives(query), 10).map(({ hops, arrivalMs }) => [
        Number(hops[0]!.to),
        arrivalMs / 1000,
      ]);
      expect(found.map(([, arrival]) => arrival)).toEqual(yen.map(([, arrival]) => arrival));
      expect(found).toHaveLength(yen.length);
      expect(found).toEqual(expect.arrayContaining(yen));
    }
  });

  test('reads every one of them', () => {
    const files = [
      'dtnsim2023-Delta.txt',
      'pydtnsim-03_tvg.json',
      'pydtnsim-tvg_g10_s10.json',
      'pydtnsim-tvg_gs10_hs2_it1.json',
    ];
    const read_ = files.map((file) => parsePlan(read(file), file));
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
