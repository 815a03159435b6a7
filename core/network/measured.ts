/** What is measured of links, laid over the network as it is planned. */
import { isUsable } from '../link-health/state.ts';
import type { MeasuredLink } from '../ports/network-store.ts';
import type { Conditions, Degradation } from '../routing/conditions.ts';
import type { CompiledNetwork } from './compiled.ts';
import type { NetworkLink } from './network.ts';

/** For questions about a time farther off than this, the network is as it is planned. */
export const MEASURED_FOR_MS = 3_600_000;

/**
 * Links that are down, or as slow as they are measured, at `atMs`: of links that are there in contacts only, the contact
 * that is on. Undefined where everything measured is as planned.
 */
export function conditionsAt(
  { plan, carriers }: CompiledNetwork,
  states: readonly MeasuredLink[],
  atMs: number,
  nowMs: number,
): { conditions: Conditions; down: ReadonlySet<string> } | undefined {
  if (Math.abs(atMs - nowMs) > MEASURED_FOR_MS) return undefined;
  const down = new Set<string>();
  const slow: Degradation[] = [];
  for (const state of states) {
    const link = carriers.get(state.linkId)?.link;
    if (link === undefined) continue;
    if (state.status === 'down') down.add(link.id);
    else if (isUsable(state)) slow.push(...degradation(link, state));
  }
  if (down.size + slow.length === 0) return undefined;
  const used = new Set(plan.contacts.map(({ linkId }) => linkId));
  const degraded = slow.filter(({ link }) => used.has(link as string));
  const contacts = [...plan.contacts.keys()].filter((index) => {
    const { linkId = '', startMs, endMs } = plan.contacts[index]!;
    if (!down.has(linkId)) return false;
    return carriers.get(linkId)?.link?.viaContacts !== true || (startMs <= nowMs && endMs > nowMs);
  });
  return { conditions: { exclude: { contacts }, degraded }, down };
}

/** Slower and later than the link is planned; never faster, as probes don't fill a link. */
function degradation(link: NetworkLink, state: MeasuredLink): Degradation[] {
  const { rateBitsPerSecond: rate = link.rateBitsPerSecond, rttMs = 0, lossRatio } = state;
  const planned = link.rateBitsPerSecond * (1 - (link.lossRatio ?? 0));
  const rateFactor = Math.min(1, Math.max(LEAST_FACTOR, (rate * (1 - lossRatio)) / planned));
  const penaltyMs = Math.max(0, rttMs / 2 - link.delayMs);
  return rateFactor < 1 || penaltyMs > 0 ? [{ link: link.id, rateFactor, penaltyMs }] : [];
}

/** A link that works carries something, whatever the last probes say. */
const LEAST_FACTOR = 0.01;
