/** How far an element set can be trusted as it ages. */
import { MU_KM3_PER_S2 } from './orbit.ts';
import type { Tle } from './tle.ts';

const DAY_MS = 86_400_000;
/** About 1 km within days of the epoch: Kelso, "Validation of SGP4 and IS-GPS-200D", AAS 07-127. */
const AT_EPOCH_KM = 1;
/**
 * Twice the kilometre a day at which SGP4 typically drifts: Levit and Marshall, "Improved orbit predictions using
 * two-line elements", Advances in Space Research 47 (2011), whose 100 m a day is a tenth of it.
 */
const A_DAY_KM = 2;
/** How wrong the drag of the fit may prove, as the Sun heats the air: King-Hele, RAE Technical Report 77111, 1977. */
const DRAG_DOUBT = 0.2;
/** In which the air thins to 1/e, of a high LEO; lower ones have less, and so even shorter lives. */
const SCALE_HEIGHT_KM = 60;
/** Perigees above it meet no air to speak of; what their mean motion changes by is the Moon's and the Sun's doing. */
const AIR_KM = 1500;
const EQUATOR_KM = 6378.137;

export interface Drift {
  ageDays: number;
  /** How far along its track a satellite may be from where SGP4 puts it; across it is far less. */
  alongTrackKm: number;
  /** By how much it may be early or late. */
  timingMs: number;
  /** `alongTrackKm` as part of a revolution. */
  revolutions: number;
}

/** 1 km, 2 km for each day of age, and the doubt about the drag, which grows with the square of the age. */
export function driftAt(tle: Tle, tMs: number): Drift {
  const ageDays = Math.abs(tMs - tle.epochMs) / DAY_MS;
  const aroundKm = 2 * Math.PI * semiMajorAxisKm(tle);
  const dragRevolutions = feelsDrag(tle) ? (Math.abs(tle.meanMotionDotRevPerDay2) * ageDays ** 2) / 2 : 0;
  const alongTrackKm = AT_EPOCH_KM + A_DAY_KM * ageDays + DRAG_DOUBT * dragRevolutions * aroundKm;
  const revolutions = alongTrackKm / aroundKm;
  return {
    ageDays,
    alongTrackKm,
    revolutions,
    timingMs: (revolutions * DAY_MS) / tle.meanMotionRevPerDay,
  };
}

/**
 * How long drag leaves a satellite in orbit from its epoch, after King-Hele: the time in which it would lower the
 * orbit by a scale height, and for eccentric ones to a circle. Infinite where it gains height or meets no air.
 */
export function dragLifetimeDays(tle: Tle): number {
  const dot = tle.meanMotionDotRevPerDay2;
  if (dot <= 0 || !feelsDrag(tle)) return Infinity;
  const shape = (1.5 * SCALE_HEIGHT_KM) / semiMajorAxisKm(tle) + 0.75 * tle.eccentricity;
  return (shape * tle.meanMotionRevPerDay) / dot;
}

/** Beyond an eighth of a revolution, rise and set say nothing any more. */
const REVOLUTIONS_MAX = 1 / 8;

/** Why an element set is of no use at a time: by then it has decayed, or may be anywhere. */
export function uselessAt(tle: Tle, tMs: number): string | undefined {
  const lifetimeDays = dragLifetimeDays(tle);
  const days = (tMs - tle.epochMs) / DAY_MS;
  const { ageDays, revolutions, alongTrackKm } = driftAt(tle, tMs);
  if (days > lifetimeDays)
    return `its elements are ${days.toFixed(1)} days old and its drag left it some ${lifetimeDays.toFixed(1)}: it has decayed`;
  if (revolutions > REVOLUTIONS_MAX)
    return `its elements are ${ageDays.toFixed(0)} days from their epoch, by which it may be ${alongTrackKm.toFixed(0)} km off its place`;
  return undefined;
}

function feelsDrag(tle: Tle): boolean {
  return semiMajorAxisKm(tle) * (1 - tle.eccentricity) < EQUATOR_KM + AIR_KM;
}

function semiMajorAxisKm(tle: Tle): number {
  return Math.cbrt(MU_KM3_PER_S2 / ((tle.meanMotionRevPerDay * 2 * Math.PI) / 86_400) ** 2);
}
