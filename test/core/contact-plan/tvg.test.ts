import { describe, expect, test } from 'vitest';
import { parsePlan } from '../../../core/contact-plan/plan.ts';
import { contactsOf, notesOf, refusal } from './reading.ts';

describe('graphs of dtn-tvg-util', () => {
  const graph = (contacts: unknown, more: object = {}) =>
    JSON.stringify({ vertices: { a: ['b'], b: [] }, edges: [{ vertices: ['a', 'b'], contacts }], ...more });
  test('are read in version 2: the last prediction, its rates and delays', () => {
    const plan = parsePlan(
      graph([
        [
          'a',
          'b',
          10,
          60,
          [
            [0, 0.5, [[10, 5, 1]]],
            [
              5,
              1,
              [
                [10, 6, 1],
                [30, 7, 1],
                [40, 8, 2],
              ],
            ],
          ],
        ],
      ]),
      'plan',
    );
    expect([plan.format, plan.nodes]).toEqual(['tvg', ['a', 'b']]);
    expect(plan.contacts).toEqual([
      {
        from: 'a',
        to: 'b',
        startMs: 10_000,
        endMs: 40_000,
        confidence: 1,
        rateBitsPerSecond: 6,
        delayMs: 1000,
        rateSteps: [{ atMs: 30_000, rateBitsPerSecond: 7 }],
      },
      {
        from: 'a',
        to: 'b',
        startMs: 40_000,
        endMs: 60_000,
        confidence: 1,
        rateBitsPerSecond: 8,
        delayMs: 2000,
      },
    ]);
  });
  test('are read in version 2 when they are facts', () => {
    expect(contactsOf(graph([['a', 'b', 10, 60, [[10, 6, 1]]]]))).toMatchObject([
      { rateBitsPerSecond: 6, delayMs: 1000 },
    ]);
  });
  test("are read in version 1: a window's volume makes its rate", () => {
    expect(contactsOf(graph([['a', 'b', 10, 60, [[0, 100]], 0.9, 2]]))).toEqual([
      {
        from: 'a',
        to: 'b',
        startMs: 10_000,
        endMs: 60_000,
        rateBitsPerSecond: 2,
        delayMs: 2000,
        confidence: 0.9,
      },
    ]);
  });
  test('of old hold both ways, and carry anything unless a rate is given', () => {
    const text = graph([[10, 60, 1]], { vertices: ['a', 'b'] });
    expect(contactsOf(text, { rateBitsPerSecond: 9 })).toMatchObject([
      { from: 'a', to: 'b', rateBitsPerSecond: 9 },
      { from: 'b', to: 'a', rateBitsPerSecond: 9 },
    ]);
    expect(notesOf(text)).toEqual(['edges: no rates are stated; contacts carry anything in no time']);
  });
  test.each([
    [graph([['a', 'b', 10, 60, []]]), 'plan: edges[0].contacts[0]: it says nothing of rates.'],
    [graph([['a', 'b', 10, null, [[10, 6, 1]]]]), 'plan: edges[0].contacts[0]: its end is null.'],
    [graph([['a', 'b', 10, 60, [[10, 6, -1]]]]), 'plan: edges[0].contacts[0]: its delay in ms is -1000.'],
    [
      graph([['b', 'a', 10, 60, [[10, 6, 1]]]]),
      'plan: edges[0].contacts[0]: it is from b to a, in an edge from a to b.',
    ],
    [graph(5), 'plan: edges[0] has no "contacts".'],
    [graph([5]), 'plan: edges[0].contacts[0]: it is no list.'],
    [graph([], { edges: [{ vertices: ['a', 'z'], contacts: [] }] }), 'plan: edges[0]: there is no node "z".'],
    [graph([], { edges: [{ vertices: ['a'], contacts: [] }] }), 'plan: edges[0]: "vertices" is no pair.'],
    [graph([], { vertices: 7 }), 'plan: "vertices" names no nodes.'],
  ])('refuse %s, and say where', (text, message) => {
    expect(refusal(text).message).toBe(message);
  });
});
