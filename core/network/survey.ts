/** Reads what is about to be kept, and says what it holds. */
import { InvalidInput } from '../errors.ts';
import { hashBytes } from '../hash.ts';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { PLAN_LIMITS } from '../contact-plan/check.ts';
import { parsePlan } from '../contact-plan/plan.ts';
import type { ConstellationRequest, PlanRequest } from '../api/network-operations.ts';
import { NETWORK_LIMITS, type StoredConstellation, type StoredPlan } from './network.ts';

/** Notes that are told, of however many. */
const NOTES_MAX = 20;
/** Later than this, the times of a plan can only count from 1970: 2001. */
const EPOCH_MS = 1e12;

/** Errors: `InvalidInput` with line: what is no element set, or can't be flown now. */
export async function surveySatellites(
  request: ConstellationRequest,
  textId: string,
  nowMs: number,
): Promise<{ stored: StoredConstellation; notes: string[] }> {
  const { name, tle, minElevationDegrees, rateBitsPerSecond, interSatellite } = request;
  const { surveyConstellation } = await import('./flight.ts');
  const { names, leftOut } = surveyConstellation({
    name,
    tle,
    fromMs: nowMs,
    rate: rateBitsPerSecond,
    minElevationDeg: minElevationDegrees,
    interSatellite,
  });
  const settings = { minElevationDegrees, rateBitsPerSecond, ...(interSatellite && { interSatellite }) };
  return {
    stored: { name, textId, sha256: hashBytes(utf8ToBytes(tle)), nodes: names, ...settings },
    notes: told(leftOut.map(({ satellite, reason }) => `${satellite} is left out: ${reason}`)),
  };
}

/** Errors: `InvalidInput` with line or index; where the plan's time 0 is not told and can't be known. */
export function surveyPlan(request: PlanRequest, textId: string): { stored: StoredPlan; notes: string[] } {
  const { name, plan: text, rateBitsPerSecond } = request;
  const plan = parsePlan(text, name, { rateBitsPerSecond });
  atMost(name, plan.contacts.length, NETWORK_LIMITS.planContacts, 'contacts');
  atMost(name, plan.nodes.length, NETWORK_LIMITS.planNodes, 'nodes');
  const firstMs = plan.contacts.reduce((least, { startMs }) => Math.min(least, startMs), Infinity);
  const lastMs = plan.contacts.reduce((most, { endMs }) => Math.max(most, endMs), -Infinity);
  if (request.startsMs === undefined && firstMs < EPOCH_MS)
    throw new InvalidInput(
      `The times of ${name} begin at ${firstMs / 1000} s and don't count from 1970.`,
      'Say when its time 0 is: "startsMs", or --starts on the command line.',
    );
  const startsMs = request.startsMs ?? 0;
  if (Math.max(Math.abs(firstMs + startsMs), Math.abs(lastMs + startsMs)) > PLAN_LIMITS.timeMs)
    throw new InvalidInput(
      `${name} reaches from ${(firstMs + startsMs) / 1000} to ${(lastMs + startsMs) / 1000} s from 1970.`,
      'Check its unit of time, and when its time 0 is.',
    );
  return {
    stored: {
      name,
      textId,
      sha256: hashBytes(utf8ToBytes(text)),
      nodes: plan.nodes,
      startsMs,
      ...(rateBitsPerSecond !== undefined && { rateBitsPerSecond }),
      format: plan.format,
      contacts: plan.contacts.length,
    },
    notes: told(plan.notes.map(({ at, message }) => `${at}: ${message}`)),
  };
}

const told = (notes: readonly string[]): string[] =>
  notes.length <= NOTES_MAX
    ? [...notes]
    : [...notes.slice(0, NOTES_MAX), `and ${notes.length - NOTES_MAX} more`];

function atMost(name: string, count: number, most: number, what: string): void {
  if (count > most)
    throw new InvalidInput(
      `${name} has ${count} ${what}; ${most} are the most.`,
      'Split the plan, or shorten it.',
    );
}
