/** Passes as contacts between a station and a satellite. */
import type { Contact } from '../contact.ts';
import { driftAt } from './drift.ts';
import type { Orbit } from './orbit.ts';
import type { Pass, TimeWindow } from './passes.ts';
import { Arc } from './arc.ts';
import { Elevation, type Station } from './station.ts';

export const LIGHT_KM_PER_S = 299_792.458;

export interface GroundLinkRates {
  /** From station to satellite; without it nothing goes up. */
  uplinkBitsPerSecond?: number;
  /** From satellite to station; without it nothing comes down. */
  downlinkBitsPerSecond?: number;
  /** Shorter contacts are left out. @default 1000 */
  minDurationMs?: number;
}

/** Every so often the range is looked at, between the ends of a contact. */
const RANGE_EVERY_MS = 600_000;

/**
 * The contacts of a pass: it, shortened at rise and set by what the age of the elements makes uncertain
 * (`driftAt`), so that the satellite is up even where it comes late or leaves early; a pass that the window cuts
 * goes on to the window's edge, unless it rises or sets so close beyond. The delay is light's over the longest range of the contact, so that nothing arrives
 * later than promised.
 */
export function groundContacts(
  pass: Pass,
  orbit: Orbit,
  station: Station,
  window: TimeWindow,
  rates: GroundLinkRates,
): Contact[] {
  const { uplinkBitsPerSecond, downlinkBitsPerSecond, minDurationMs = 1000 } = rates;
  const startMs = shrunk(pass.riseMs, window.fromMs, 1);
  const endMs = shrunk(pass.setMs, window.toMs, -1);
  if (!(endMs - startMs >= Math.max(1, minDurationMs))) return [];
  const delayMs = (farthestKm(orbit, station, startMs, endMs) / LIGHT_KM_PER_S) * 1000;
  const contact = (from: string, to: string, rateBitsPerSecond: number | undefined): Contact[] =>
    rateBitsPerSecond === undefined ? [] : [{ from, to, startMs, endMs, rateBitsPerSecond, delayMs }];
  return [
    ...contact(station.id, pass.satellite, uplinkBitsPerSecond),
    ...contact(pass.satellite, station.id, downlinkBitsPerSecond),
  ];

  function shrunk(eventMs: number | null, edgeMs: number, inwards: 1 | -1): number {
    const { timingMs } = driftAt(orbit.tle, eventMs ?? edgeMs);
    if (eventMs !== null) return eventMs + inwards * timingMs;
    return isUp(orbit, station, edgeMs - inwards * timingMs) ? edgeMs : edgeMs + inwards * timingMs;
  }
}

function isUp(orbit: Orbit, station: Station, tMs: number): boolean {
  const state = orbit.earthFixedAt(tMs);
  if (state === undefined) return false;
  const elevation = new Elevation(station, new Arc());
  elevation.of(state);
  return elevation.value >= station.sinMinElevation;
}

function farthestKm(orbit: Orbit, { x, y, z }: Station, startMs: number, endMs: number): number {
  const steps = Math.ceil((endMs - startMs) / RANGE_EVERY_MS);
  let farthest = 0;
  for (let step = 0; step <= steps; step++) {
    const state = orbit.earthFixedAt(startMs + ((endMs - startMs) * step) / steps);
    if (state !== undefined) farthest = Math.max(farthest, Math.hypot(state.x - x, state.y - y, state.z - z));
  }
  return farthest;
}
