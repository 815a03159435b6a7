import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import { parsePlan } from '../../../core/contact-plan/plan.ts';
import { InvalidInput } from '../../../core/errors.ts';
import { contactsOf, notesOf, refusal } from './reading.ts';

const hdtn = (...contacts: object[]) => JSON.stringify({ contacts });
const row = (more: object = {}) => ({
  contact: 0,
  source: 1,
  dest: 2,
  startTime: 0,
  endTime: 60,
  rateBitsPerSec: 1000,
  owlt: 1,
  ...more,
});
describe("HDTN's JSON", () => {
  test('is read in its units', () => {
    const plan = parsePlan(hdtn(row({ startTime: 1.5 })), 'plan');
    expect(plan).toEqual({
      format: 'hdtn',
      contacts: [
        { from: '1', to: '2', startMs: 1500, endMs: 60_000, rateBitsPerSecond: 1000, delayMs: 1000 },
      ],
      nodes: ['1', '2'],
      notes: [],
      timeUnitMs: 1000,
      sizeUnitBits: 1,
    });
  });
  test('may name nodes, say "rate" and leave the light time out, as older files do', () => {
    const [contact] = contactsOf(
      JSON.stringify({ contacts: [{ source: 'relay', dest: 2, startTime: 0, endTime: 9, rate: 5 }] }),
    );
    expect(contact).toMatchObject({ from: 'relay', rateBitsPerSecond: 5, delayMs: 0 });
  });
  test.each([
    [{ source: undefined }, 'plan: contacts[1]: "source" is missing.'],
    [{ source: -3 }, 'plan: contacts[1]: "source" is -3.'],
    [{ dest: 1.5 }, 'plan: contacts[1]: "dest" is 1.5.'],
    [{ startTime: '0' }, 'plan: contacts[1]: "startTime" is "0".'],
    [{ endTime: null }, 'plan: contacts[1]: "endTime" is missing.'],
    [{ owlt: -1 }, 'plan: contacts[1]: its delay in ms is -1000.'],
    [{ rateBitsPerSec: -5 }, 'plan: contacts[1]: its rate in bits/s is -5.'],
    [{ rateBitsPerSec: 1e30 }, 'plan: contacts[1]: its rate in bits/s is 1e+30.'],
    [{ endTime: 1e300 }, 'plan: contacts[1]: its end in ms is 1e+303.'],
  ])('refuses %j, and says where', (wrong, message) => {
    expect(refusal(hdtn(row(), row({ startTime: 100, endTime: 200, ...wrong }))).message).toBe(message);
  });
  test('refuses what is no object', () => {
    expect(refusal('{"contacts": [7]}').message).toBe('plan: contacts[0] is no object.');
  });
});

describe("ION's lines", () => {
  test('count seconds from 0 and bytes a second, and ranges hold both ways', () => {
    const plan = parsePlan(
      [
        '# a comment',
        'a contact +0 +60 1 2 1000',
        '',
        'a contact 10 70 2 1 500 0.5',
        'a range +0 +100 1 2 3',
      ].join('\n'),
      'plan',
    );
    expect([plan.format, plan.sizeUnitBits]).toEqual(['ion', 8]);
    expect(plan.contacts).toEqual([
      { from: '1', to: '2', startMs: 0, endMs: 60_000, rateBitsPerSecond: 8000, delayMs: 3000 },
      {
        from: '2',
        to: '1',
        startMs: 10_000,
        endMs: 70_000,
        rateBitsPerSecond: 4000,
        delayMs: 3000,
        confidence: 0.5,
      },
    ]);
  });
  test('prefer the range of the way back that is given', () => {
    const delays = contactsOf(
      'a contact +0 +9 1 2 1\na contact +0 +9 2 1 1\na range +0 +9 1 2 3\na range +0 +9 2 1 4',
    );
    expect(delays.map((contact) => contact.delayMs)).toEqual([3000, 4000]);
  });
  test('cut a contact where its range changes', () => {
    const cut = contactsOf('a range +10 +20 1 2 3\na contact +0 +60 1 2 1000\na range +20 +50 1 2 4');
    expect(cut.map(({ startMs, endMs, delayMs }) => [startMs / 1000, endMs / 1000, delayMs])).toEqual([
      [0, 10, 0],
      [10, 20, 3000],
      [20, 50, 4000],
      [50, 60, 0],
    ]);
  });
  test('may have dates, and count from the last "@"', () => {
    const [dated, counted] = contactsOf(
      'a contact 2026/11/21-00:00:00 2026/11/21-00:01:00 1 2 1\n@ 2026/11/21-01:00:00\na contact +0 +60 1 2 1',
    );
    expect([dated?.startMs, counted?.startMs]).toEqual([Date.UTC(2026, 10, 21), Date.UTC(2026, 10, 21, 1)]);
  });
  test("may stand among a node's other commands", () => {
    expect(contactsOf("1 1 ''\ns\nm horizon +0\na contact +0 +9 1 2 1\na endpoint ipn:1.1 q")).toHaveLength(
      1,
    );
  });
  test.each([
    ['a contact +0 +60 1 2', 'plan:2: its rate is missing.'],
    ['a contact +0 +60 1 2 -5', 'plan:2: its rate is "-5".'],
    ['a contact +0 +60 1 2 NaN', 'plan:2: its rate is "NaN".'],
    ['a contact +0 +60 1 2 1e400', 'plan: line 2: its rate in bits/s is Infinity.'],
    ['a contact 0 soon 1 2 5', 'plan:2: "soon" is no time.'],
    ['a contact 2026/13/41-00:00:00 +5 1 2 5', 'plan:2: "2026/13/41-00:00:00" is no time.'],
    ['a contact +0 +60 1', 'plan:2: it names no two nodes.'],
    ['a contact +0 +60 1 2 5 0.5 6', 'plan:2: "6" is one word too many.'],
    ['a contact +0 +60 1 2 5 7', 'plan: line 2: its confidence is 7.'],
    ['a range +60 +0 1 2 5', 'plan:2: the range ends before it starts.'],
    ['a range +0 +60 1 2 -5', 'plan:2: its distance is "-5".'],
    ['d contact +0 1 2', 'plan:2: "d contact" changes a plan that isn\'t running.'],
    ['hello there', 'plan:2: "hello there" is no line of a contact plan.'],
    [
      'a contact 2026/11/21-00:00:00 2026/11/22-00:00:00 3 4 5',
      'plan:1: it counts from no date, and line 2 has one.',
    ],
  ])('refuse "%s", and say where', (line, message) => {
    expect(refusal(`a contact +0 +60 1 2 5\n${line}`).message).toBe(message);
  });
});

describe("A-SABR's text", () => {
  const nodes = 'node 0 ground\nnode 1 relay none\n';
  test('is read with managers, phases and line breaks anywhere', () => {
    const plan = parsePlan(
      `# a comment\n${nodes}contact 0 1 0 10 1000 2\ncontact 1 0 0 10 eto 2000 3 # another\ncontact 0 1\n 20 60 seg rate [20 30 10, 30 60 20] delay [20 60 1,]`,
      'plan',
    );
    expect([plan.format, plan.sizeUnitBits, plan.nodes, plan.notes]).toEqual(['asabr', 1, ['0', '1'], []]);
    expect(plan.contacts).toEqual([
      { from: '0', to: '1', startMs: 0, endMs: 10_000, rateBitsPerSecond: 1000, delayMs: 2000 },
      { from: '1', to: '0', startMs: 0, endMs: 10_000, rateBitsPerSecond: 2000, delayMs: 3000 },
      {
        from: '0',
        to: '1',
        startMs: 20_000,
        endMs: 60_000,
        rateBitsPerSecond: 10,
        delayMs: 1000,
        rateSteps: [{ atMs: 30_000, rateBitsPerSecond: 20 }],
      },
    ]);
  });
  test('cuts a contact where its delay changes', () => {
    const cut = contactsOf(`${nodes}contact 0 1 0 60 seg delay [0 20 1, 20 60 2] rate [0 30 5 30 60 6]`);
    expect(cut).toEqual([
      { from: '0', to: '1', startMs: 0, endMs: 20_000, rateBitsPerSecond: 5, delayMs: 1000 },
      {
        from: '0',
        to: '1',
        startMs: 20_000,
        endMs: 60_000,
        rateBitsPerSecond: 5,
        delayMs: 2000,
        rateSteps: [{ atMs: 30_000, rateBitsPerSecond: 6 }],
      },
    ]);
  });
  test('notes what of it is left out', () => {
    expect(
      notesOf(
        'node 0 a noret 0.2\nnode 1 b\nvnode 2 both [0, 1]\ncontact 0 1 0 9 qd 10 1 5 5 5\ncontact 1 0 0 9 10 1',
      ),
    ).toEqual([
      'line 1: its management "noret" is left out; it stores and forwards',
      'line 3: virtual nodes are no places; it is left out',
      'line 4: its budgets by priority are left out; the contact counts',
    ]);
  });
  test.each([
    ['contact 0 7 0 9 1 0', 'plan:3: there is no node 7.'],
    ['contact 0 1 0 9 1', 'plan:3: it ends where the delay is due.'],
    ['contact 0 1 0 NaN 1 0', 'plan:3: the end is "NaN".'],
    ['contact 0 1 0 9 -1 0', 'plan: line 3: its rate in bits/s is -1.'],
    ['contact 0 1 0 9 1 -1', 'plan: line 3: its delay in ms is -1000.'],
    ['contact 0 1 0 9 warp 1 0', 'plan:3: contacts of "warp" are unknown.'],
    ['contact 0 1 0 9 seg rate [0 5 1] delay [0 9 1]', 'plan:3: its rate phases leave gaps.'],
    ['contact 0 1 0 9 seg rate [0 9 1', 'plan:3: it ends where its start is due.'],
    ['contact 0 1 0 9 seg rate [0 9 1]', 'plan:3: a contact of phases has no rates or no delays.'],
    ['node 1 again', 'plan:3: node 1 is there twice.'],
    ['contact 0 1 0 9 1 0 contact', "plan:3: it ends where the sender's id is due."],
  ])('refuses "%s", and says where', (line, message) => {
    expect(refusal(nodes + line).message).toBe(message);
  });
});

describe('rows that a plan can do without', () => {
  test('are set aside with the reason: inverted, empty, to itself, of no rate', () => {
    const text = hdtn(
      row(),
      row({ startTime: 90, endTime: 80 }),
      row({ startTime: 90, endTime: 90 }),
      row({ dest: 1 }),
      row({ rateBitsPerSec: 0, source: 3 }),
    );
    expect(notesOf(text)).toEqual([
      'contacts[1]: it ends at 80 s and starts at 90 s; it is left out',
      'contacts[2]: it ends at 90 s and starts at 90 s; it is left out',
      'contacts[3]: it leads from 1 to itself; it is left out',
      'contacts[4]: its rate is 0; it is left out',
    ]);
    expect(contactsOf(text)).toHaveLength(1);
  });
  test('are joined where windows of a link overlap and are alike', () => {
    const text = hdtn(row({ startTime: 50, endTime: 90 }), row(), row());
    expect(contactsOf(text)).toMatchObject([{ startMs: 0, endMs: 90_000 }]);
    expect(notesOf(text)).toEqual([
      'contacts[0]: it overlaps contacts[1] of the same link; they count as one window',
      'contacts[2]: it overlaps contacts[1] of the same link; they count as one window',
    ]);
  });
  test('are cut where they overlap and are not alike', () => {
    const text = hdtn(
      row(),
      row({ startTime: 50, endTime: 90, owlt: 2 }),
      row({ startTime: 60, endTime: 70, owlt: 3 }),
    );
    expect(contactsOf(text)).toMatchObject([
      { startMs: 0, endMs: 60_000 },
      { startMs: 60_000, endMs: 90_000, delayMs: 2000 },
    ]);
    expect(notesOf(text)).toEqual([
      'contacts[1]: it overlaps contacts[0] of the same link; it starts when that one is over',
      'contacts[2]: it overlaps contacts[1] of the same link, which says otherwise; it is left out',
    ]);
  });
  test('are refused when the reading is strict', () => {
    expect(refusal(hdtn(row(), row()), { isStrict: true }).message).toBe(
      'plan: contacts[1]: it overlaps contacts[0] of the same link.',
    );
  });
});

describe('refuses', () => {
  test.each([
    ['', 'plan has no contact that can carry anything.'],
    ['{"contacts": []}', 'plan has no contact that can carry anything.'],
    ['{"nodes": []}', 'plan is JSON with neither "contacts" nor "edges".'],
    ['[1, 2]', 'plan is JSON with neither "contacts" nor "edges".'],
    [`${hdtn(row()).slice(0, -9)}`, 'plan is not JSON: '],
    [`{"contacts": [{"startTime": NaN}]}`, 'plan is not JSON: it holds NaN, which is no number.'],
    ['['.repeat(200_000), 'plan is not JSON: '],
    [`{"contacts": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'plan: contacts[0] is no object.'],
    [hdtn(row({ source: 'x'.repeat(300) })), 'plan: contacts[0]: its "from" is "xxx'],
  ])('%.40s', (text, message) => {
    const { message: said, fix } = refusal(text);
    expect(said.startsWith(message) || said.includes(message)).toBe(true);
    expect(fix).not.toBe('');
  });

  const samples = [
    hdtn(row(), row({ startTime: 70, endTime: 80 }), row({ source: 2, dest: 3 })),
    'a contact +0 +60 1 2 1000\na range +0 +60 1 2 1\n@ 2026/11/21-01:00:00\n',
    'node 0 a\nnode 1 b\ncontact 0 1 0 60 seg rate [0 30 10, 30 60 20] delay [0 60 1]\ncontact 1 0 0 60 eto 5 5\n',
    JSON.stringify({
      vertices: ['a', 'b'],
      edges: [
        {
          vertices: ['a', 'b'],
          contacts: [
            ['a', 'b', 10, 60, [[0, 1, [[10, 6, 1]]]]],
            [1, 2, 3],
          ],
        },
      ],
    }),
  ];
  test('or reads whatever is made of a plan by accident; what it reads can be compiled', () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(200),
        cut: fc.nat(12),
        put: fc.constantFrom(
          '',
          '-',
          '9',
          '1e309',
          'NaN',
          '"',
          '[',
          ']',
          '{',
          '}',
          ',',
          ' ',
          '\n',
          '\u0000',
          '__proto__',
        ),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...samples), edits, (sample, changes) => {
        let text = sample;
        for (const { at, cut, put } of changes) {
          const from = at % (text.length + 1);
          text = text.slice(0, from) + put + text.slice(from + cut);
        }
        try {
          const { contacts, nodes } = parsePlan(text, 'plan');
          expect(compilePlan(contacts, nodes).contacts).toHaveLength(contacts.length);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
          expect((error as InvalidInput).message).toMatch(/^plan[: ]/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
