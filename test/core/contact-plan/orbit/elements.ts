/** Element sets made for tests. */
import fc from 'fast-check';
import { parseTle, type Tle } from '../../../../core/contact-plan/orbit/tle.ts';
import { checksum } from '../../../../core/contact-plan/orbit/tle-fields.ts';

/** 2026-01-10T00:00:00Z */
export const EPOCH_MS = Date.UTC(2026, 0, 10);

export interface Elements {
  catalogNumber?: string;
  name?: string;
  /** Columns 19 to 32. */
  epoch?: string;
  /** Columns 34 to 43. */
  dot?: string;
  /** Columns 54 to 61. */
  drag?: string;
  inclinationDeg?: number;
  nodeDeg?: number;
  eccentricity?: number;
  perigeeDeg?: number;
  anomalyDeg?: number;
  revolutionsPerDay?: number;
}

export const signed = (line: string): string => `${line}${checksum(`${line} `)}`;

export function linesOf(elements: Elements): [string, string] {
  const {
    catalogNumber = '90001',
    epoch = '26010.00000000',
    dot = ' .00000100',
    drag = ' 10000-4',
    inclinationDeg = 51.6,
    nodeDeg = 0,
    eccentricity = 0.001,
    perigeeDeg = 0,
    anomalyDeg = 0,
    revolutionsPerDay = 15.2,
  } = elements;
  const angle = (value: number) => value.toFixed(4).padStart(8);
  const decimals = Math.round(eccentricity * 1e7)
    .toString()
    .padStart(7, '0');
  return [
    signed(`1 ${catalogNumber}U 26001A   ${epoch} ${dot}  00000-0 ${drag} 0  999`),
    signed(
      `2 ${catalogNumber} ${angle(inclinationDeg)} ${angle(nodeDeg)} ${decimals} ${angle(perigeeDeg)} ${angle(anomalyDeg)} ${revolutionsPerDay.toFixed(8).padStart(11)}    1`,
    ),
  ];
}

export const textOf = (...sets: Elements[]): string =>
  sets.map((set) => [...(set.name === undefined ? [] : [set.name]), ...linesOf(set)].join('\n')).join('\n');

export const tleOf = (elements: Elements): Tle => parseTle(textOf(elements))[0]!;

const angleDeg = (most: number) => fc.double({ min: 0, max: most - 0.001, noNaN: true });
const common = {
  nodeDeg: angleDeg(360),
  perigeeDeg: angleDeg(360),
  anomalyDeg: angleDeg(360),
  inclinationDeg: angleDeg(180),
};

/** LEO, MEO, geosynchronous and far eccentric orbits. */
export const anyOrbit: fc.Arbitrary<Elements> = fc.oneof(
  fc.record({
    ...common,
    revolutionsPerDay: fc.double({ min: 12, max: 15.9, noNaN: true }),
    eccentricity: fc.double({ min: 0, max: 0.01, noNaN: true }),
  }),
  fc.record({
    ...common,
    revolutionsPerDay: fc.double({ min: 1.9, max: 6, noNaN: true }),
    eccentricity: fc.double({ min: 0, max: 0.1, noNaN: true }),
  }),
  fc.record({
    ...common,
    revolutionsPerDay: fc.constant(1.0027),
    inclinationDeg: fc.double({ min: 0, max: 15, noNaN: true }),
    eccentricity: fc.double({ min: 0, max: 0.01, noNaN: true }),
  }),
  fc.record({
    ...common,
    revolutionsPerDay: fc.constantFrom(2.006, 2.3),
    eccentricity: fc.double({ min: 0.5, max: 0.72, noNaN: true }),
  }),
);
