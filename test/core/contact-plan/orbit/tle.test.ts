import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasOrbits, readOrbits } from '../../../../bench/network/orbit-references.ts';
import { parseTle, TLE_LIMITS } from '../../../../core/contact-plan/orbit/tle.ts';
import { catalogNumberOf } from '../../../../core/contact-plan/orbit/tle-fields.ts';
import { InvalidInput } from '../../../../core/errors.ts';
import { EPOCH_MS, linesOf, signed, textOf, tleOf } from './elements.ts';

const [line1, line2] = linesOf({});
const refusal = (text: string): string => {
  try {
    parseTle(text, 'set.tle');
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as InvalidInput).fix).not.toBe('');
    return (error as Error).message;
  }
  return 'accepted';
};
/** With the columns from `at` (1-based) written over, and a checksum that is right again. */
const over = (line: string, at: number, columns: string): string =>
  signed(`${line.slice(0, at - 1)}${columns}${line.slice(at - 1 + columns.length, 68)}`);

describe('an element set', () => {
  test('is read with its fields', () => {
    const tle = tleOf({ name: 'SAT 1', inclinationDeg: 97.5, eccentricity: 0.0123, revolutionsPerDay: 14.5 });
    expect(tle).toMatchObject({
      name: 'SAT 1',
      catalogNumber: '90001',
      epochMs: EPOCH_MS,
      meanMotionDotRevPerDay2: 2e-6,
      inclinationDeg: 97.5,
      eccentricity: 0.0123,
      meanMotionRevPerDay: 14.5,
      line: 2,
    });
  });

  test.each([
    ['CRLF', textOf({ name: 'A' }).replaceAll('\n', '\r\n')],
    ['a name line of the three-line form', `0 A\n${line1}\n${line2}\n`],
    ['blanks at the ends of lines', `A   \n${line1}  \n${line2} \n`],
    ['blank lines, comments and a byte-order mark', `\ufeff# of today\n\nA\n\n${line1}\n# x\n${line2}\n\n\n`],
  ])('is read with %s', (_, text) => {
    expect(parseTle(text)).toMatchObject([{ name: 'A', line1, line2 }]);
  });

  test('is called by its catalogue number where it has no name', () => {
    expect(parseTle(textOf({ catalogNumber: '    5' }, { catalogNumber: 'A0001' }))).toMatchObject([
      { name: '5', catalogNumber: '5' },
      { name: 'A0001' },
    ]);
  });

  test('has an epoch of last century from year 57 on, and of leap years 366 days', () => {
    expect(tleOf({ epoch: '57001.00000000' }).epochMs).toBe(Date.UTC(1957, 0, 1));
    expect(tleOf({ epoch: '56366.50000000' }).epochMs).toBe(Date.UTC(2056, 11, 31, 12));
  });

  test.each([
    [
      'cut off',
      `${line1}\n${line2.slice(0, 50)}`,
      /set\.tle:2: line 2 .* 50 characters instead of 69: it is cut off/,
    ],
    ['too long', `${line1}0\n${line2}`, /set\.tle:1: .* 70 characters/],
    ['of one line', line1, /set\.tle:1: line 2 .* missing/],
    ['without its line 1', line2, /set\.tle:1: line 2 .* without its line 1/],
    ['of two lines 1', `${line1}\n${line1}`, /set\.tle:2: line 2 .* begins "2 ", not "1 "/],
    [
      'with a wrong checksum',
      `${line1.slice(0, 68)}x\n${line2}`,
      /set\.tle:1: the checksum is "x" and comes to \d/,
    ],
    ['with a flipped digit', `${line1}\n${line2.replace('51.6', '51.7')}`, /set\.tle:2: the checksum is/],
    [
      'of two satellites',
      `${line1}\n${linesOf({ catalogNumber: '90002' })[1]}`,
      /set\.tle:2: .* 90002, line 1 to 90001/,
    ],
    ['with I in its number', textOf({ catalogNumber: 'I0001' }), /set\.tle:1: the catalogue number "I0001"/],
    ['of SGP4-XP', `${over(line1, 63, '4')}\n${line2}`, /set\.tle:1: .*SGP4-XP/],
    ['with a letter in its epoch', textOf({ epoch: '26x10.00000000' }), /set\.tle:1: the epoch "26x10/],
    ['of day 0', textOf({ epoch: '26000.90000000' }), /the epoch/],
    ['of day 366 of a common year', textOf({ epoch: '26366.10000000' }), /the epoch/],
    ['with a broken derivative', textOf({ dot: ' .0000-100' }), /the mean motion's derivative/],
    ['with a broken drag term', textOf({ drag: ' 1000x-4' }), /the drag term B\*/],
    [
      'with an impossible inclination',
      textOf({ inclinationDeg: 181 }),
      /set\.tle:2: the inclination "181.0000"/,
    ],
    ['with a broken eccentricity', `${line1}\n${over(line2, 27, '00 1000')}`, /set\.tle:2: the eccentricity/],
    ['that stands still', textOf({ revolutionsPerDay: 0 }), /set\.tle:2: the mean motion/],
    ['that orbits below the ground', textOf({ revolutionsPerDay: 18 }), /set\.tle:2: the mean motion/],
    ['in other letters', `${line1.replace('U', 'Ü')}\n${line2}`, /set\.tle:1: .* plain ASCII/],
    [
      'twice',
      `${line1}\n${line2}\nA\n${line1}\n${line2}`,
      /set\.tle:4: satellite 90001 is on line 1 already/,
    ],
    ['as a name only', 'ISS', /set\.tle:1: "ISS" is followed by no element set/],
    ['behind two names', `A\nB\n${line1}\n${line2}`, /set\.tle:2: after the name "A" comes "B"/],
    ['that is none', '{"tle": 1}'.repeat(20), /set\.tle:1: .* neither an element set nor a name/],
    ['that is nothing', '\n# none\n', /set\.tle holds no element set/],
  ])('is refused %s', (_, text, reason) => {
    expect(refusal(text)).toMatch(reason);
  });

  test('is refused in a text of absurd size', () => {
    expect(refusal('x'.repeat(TLE_LIMITS.sizeBytes + 1))).toMatch(/are the most/);
  });

  test('is read or refused with its line, whatever is done to it', () => {
    const text = textOf({ name: 'A' }, { name: 'B', catalogNumber: '90002' });
    const change = fc.record({
      at: fc.nat(text.length - 1),
      cut: fc.nat(3),
      put: fc.string({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const mutated = changes.reduce(
          (of, { at, cut, put }) => of.slice(0, at) + put + of.slice(at + cut),
          text,
        );
        const said = refusal(mutated);
        if (said !== 'accepted') expect(said).toMatch(/^set\.tle(:\d+:| holds)/);
      }),
      { numRuns: 500 },
    );
  });

  test.skipIf(!hasOrbits).each([
    ['gps-ops-2020.tle', 31],
    ['iridium-next-2025-01.tle', 80],
    ['oneweb-2025-01.tle', 651],
    ['passes_set30.tle', 30],
  ])('is read of every satellite in %s (needs ../shared/data)', (name, satellites) => {
    expect(parseTle(readOrbits(name))).toHaveLength(satellites);
  });
});

test('catalogue numbers count on in Alpha-5', () => {
  const numbers = ['    5', '00005', '99999', 'A0000', 'H9999', 'J0000', 'P0000', 'Z9999'];
  expect(numbers.map(catalogNumberOf)).toEqual([5, 5, 99999, 100000, 179999, 180000, 230000, 339999]);
  for (const wrong of ['I0000', 'O0000', 'a0000', 'AB000', '     ', '1 234'])
    expect(catalogNumberOf(wrong)).toBeUndefined();
});
