/** The simulated links of a scenario, each one way: as it lists them, and as plans and satellites give them. */
import type { Contact } from '../../core/contact-plan/contact.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { MonitorSettings } from '../../core/node/link-monitor.ts';
import type { Channel } from '../../core/node/node.ts';
import { SimulatedLink } from '../../core/simulator/link.ts';
import {
  duringContacts,
  following,
  type LinkProfile,
  steadyLink,
  withOutages,
} from '../../core/simulator/link-profile.ts';
import type { LinkReport } from '../../core/simulator/report.ts';
import type { Scenario } from '../../core/simulator/scenario.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { readPacketTrace, readRoundTripTrace } from '../../core/simulator/trace.ts';
import type { VirtualTime } from '../../core/simulator/virtual-time.ts';

/** Texts of the files that a scenario names. */
export type Files = Readonly<Record<string, string>>;

export interface Road {
  from: string;
  to: string;
  channel: Channel;
  rateBitsPerSecond: number;
  profile: LinkProfile;
  link: SimulatedLink;
  sentBytes: number;
  lostBytes: number;
}

export const roadKey = (from: string, to: string, channel: Channel): string =>
  JSON.stringify([from, to, channel]);

/** Both directions of each link, as the scenario has it. */
export const directed = ({ links }: Scenario) =>
  links.flatMap((link) => (link.bothWays ? [link, { ...link, from: link.to, to: link.from }] : [link]));

export function roadsOf(
  scenario: Scenario,
  files: Files,
  contacts: readonly Contact[],
  timeline: VirtualTime,
  random: SeededRandom,
): Map<string, Road> {
  const roads = new Map<string, Road>();
  const add = (
    from: string,
    to: string,
    channel: Channel,
    rateBitsPerSecond: number,
    profile: LinkProfile,
  ) => {
    const link = new SimulatedLink({ timeline, random, profile });
    const road = { from, to, channel, rateBitsPerSecond, profile, link, sentBytes: 0, lostBytes: 0 };
    roads.set(roadKey(from, to, channel), road);
  };
  for (const link of directed(scenario))
    add(link.from, link.to, link.channel, link.rateBitsPerSecond, profileOf(link, scenario.starts, files));
  const byEnds = Map.groupBy(contacts, ({ from, to }) => roadKey(from, to, 'satellite'));
  for (const [key, own] of byEnds) {
    if (roads.has(key))
      throw new InvalidInput(
        `A satellite link from "${own[0]!.from}" to "${own[0]!.to}" is both listed and planned.`,
        'Give the listed one another channel.',
      );
    const { from, to, rateBitsPerSecond } = own[0]!;
    add(from, to, 'satellite', rateBitsPerSecond, duringContacts(own));
  }
  return roads;
}

function profileOf(
  {
    rateBitsPerSecond,
    delayMs,
    jitterMs,
    lossRatio,
    outages,
    rateTrace,
    delayTrace,
  }: Scenario['links'][number],
  startMs: number,
  files: Files,
): LinkProfile {
  let profile = steadyLink({ rateBitsPerSecond, delayMs, jitterMs, lossRate: lossRatio });
  if (rateTrace !== undefined)
    profile = following(profile, 'rateBitsPerSecond', readPacketTrace(files[rateTrace]!, rateTrace));
  if (delayTrace !== undefined)
    profile = following(profile, 'delayMs', readRoundTripTrace(files[delayTrace]!, delayTrace));
  // Traces and outages count from the start.
  const shifted: LinkProfile = {
    at: (ms) => profile.at(ms - startMs),
    nextChangeMs: (ms) => profile.nextChangeMs(ms - startMs) + startMs,
  };
  return withOutages(
    shifted,
    outages.map(({ from, to }) => ({ startMs: startMs + from, endMs: startMs + to })),
  );
}

/** Links that are always there; contacts are known by the plan. */
export function monitoredBy(id: string, scenario: Scenario): Map<string, MonitorSettings['channels']> {
  const monitored = new Map<string, MonitorSettings['channels']>();
  const out = directed(scenario).filter((link) => link.from === id);
  // Echoes come back over the same channel, where there is a way back.
  for (const { to, channel, rateBitsPerSecond } of out)
    if (directed(scenario).some((link) => link.from === to && link.to === id && link.channel === channel))
      monitored.set(to, { ...monitored.get(to), [channel]: { rateBitsPerSecond } });
  return monitored;
}

export function reportOf(
  { from, to, channel, profile, sentBytes, lostBytes }: Road,
  startMs: number,
  endMs: number,
): LinkReport {
  let volumeBytes = 0;
  for (let ms = startMs; ms < endMs; ) {
    const next = Math.min(endMs, profile.nextChangeMs(ms));
    const { isUp, rateBitsPerSecond } = profile.at(ms);
    if (isUp) volumeBytes += ((next - ms) * rateBitsPerSecond) / 8000;
    ms = next;
  }
  return {
    from,
    to,
    channel,
    sentBytes,
    lostBytes,
    usedShare: volumeBytes === 0 ? 0 : sentBytes / volumeBytes,
  };
}
