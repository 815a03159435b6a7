/** Runs a scenario: real ledgers and the use cases that forward, over simulated links in virtual time. */
import type { Contact } from '../../core/contact-plan/contact.ts';
import { InvalidInput } from '../../core/errors.ts';
import { createNetworkView } from '../../core/network/view.ts';
import type { MonitorSettings } from '../../core/node/link-monitor.ts';
import type { Channel } from '../../core/node/node.ts';
import { LinkDown } from '../../core/ports/link-client.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import { SimulatedLink } from '../../core/simulator/link.ts';
import {
  duringContacts,
  following,
  type LinkProfile,
  steadyLink,
  withOutages,
} from '../../core/simulator/link-profile.ts';
import type { LinkReport, SimulationReport } from '../../core/simulator/report.ts';
import type { Scenario } from '../../core/simulator/scenario.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { readPacketTrace, readRoundTripTrace } from '../../core/simulator/trace.ts';
import { VirtualTime } from '../../core/simulator/virtual-time.ts';
import type { Logger } from '../../core/task/handler.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { openSimulatedHost, type SimulatedHost } from './host.ts';
import { Pending } from './pending.ts';
import { Traffic } from './traffic.ts';

export interface SimulateOptions {
  scenario: Scenario;
  /** Texts of the files that it names. */
  files: Readonly<Record<string, string>>;
  seed: number;
  logger: Logger;
}

interface Road {
  from: string;
  to: string;
  channel: Channel;
  rateBitsPerSecond: number;
  profile: LinkProfile;
  link: SimulatedLink;
  sentBytes: number;
  lostBytes: number;
}

/** The same seed gives the same report. Errors: `InvalidInput`. */
export async function simulate({
  scenario,
  files,
  seed,
  logger,
}: SimulateOptions): Promise<SimulationReport> {
  const { name, starts: startMs, for: forMs } = scenario;
  const time = new VirtualTime(startMs);
  const random = new SeededRandom(seed);
  const pending = new Pending();
  const register = (network: NetworkStore) => registerAll(network, scenario, files);
  const contacts = await plannedContacts(register, startMs, forMs);
  const roads = roadsOf(scenario, files, contacts, time, random);
  const ids = [
    ...new Set([...scenario.nodes.map(({ id }) => id), ...contacts.flatMap(({ from, to }) => [from, to])]),
  ];
  const unknown = scenario.traffic.flatMap(({ from, to }) => [from, to]).find((id) => !ids.includes(id));
  if (unknown !== undefined)
    throw new InvalidInput(
      `Traffic names "${unknown}", and there is no such node.`,
      `Use one of: ${ids.join(', ')}.`,
    );
  const hosts = new Map<string, SimulatedHost>();
  const traffic = new Traffic(scenario, time);
  for (const id of ids)
    hosts.set(
      id,
      await openSimulatedHost({
        id,
        time,
        random,
        pending,
        logger,
        register,
        monitored: monitoredBy(id, scenario),
        services: { traffic: async (payload) => traffic.delivered(payload) },
        links: { send: (to, channel, frame) => send(id, to, channel, frame) },
      }),
    );
  try {
    traffic.schedule((from, message) => hosts.get(from)!.send(message));
    do await pending.settle();
    while (time.step(startMs + forMs));
    time.run(startMs + forMs);
    await pending.settle();
    const nodes = await Promise.all(
      [...hosts.values()].map(async (host) => ({
        id: host.id,
        failovers: host.failovers(),
        custody: await host.totals(),
      })),
    );
    const links = [...roads.values()].map((road) => reportOf(road, startMs, startMs + forMs));
    return { name, seed, forMs, ...traffic.report(), links, nodes };
  } finally {
    for (const host of hosts.values()) await host.close();
  }

  function send(from: string, to: string, channel: Channel, frame: Uint8Array): Promise<void> {
    const road = roads.get(roadKey(from, to, channel));
    const isAbsent = road === undefined || (channel === 'satellite' && !road.profile.at(time.nowMs).isUp);
    if (isAbsent)
      return Promise.reject(new LinkDown(`Nothing leads from ${from} to ${to} over ${channel}.`, 'Wait.'));
    const { length } = frame;
    road.sentBytes += length;
    road.link.send(length, {
      delivered: () => hosts.get(to)!.receive(from, channel, frame.slice()),
      lost: () => void (road.lostBytes += length),
    });
    return Promise.resolve();
  }
}

const roadKey = (from: string, to: string, channel: Channel): string => JSON.stringify([from, to, channel]);

/** Both directions of each link, as the scenario has it. */
const directed = ({ links }: Scenario) =>
  links.flatMap((link) => (link.bothWays ? [link, { ...link, from: link.to, to: link.from }] : [link]));

async function registerAll(
  store: NetworkStore,
  scenario: Scenario,
  files: SimulateOptions['files'],
): Promise<void> {
  const { starts: startsMs, nodes, plans, satellites } = scenario;
  const clock = { now: () => startsMs, sleep: () => Promise.resolve() };
  let texts = 0;
  const network = createNetwork({ network: store, clock, ids: { next: (of) => `${of}_${texts++}` } });
  for (const node of nodes) await network.putNode({ ...node, capabilities: [] });
  for (const { name, file } of plans) await network.putPlan({ name, plan: files[file]!, startsMs });
  for (const { file, ...settings } of satellites)
    await network.putConstellation({ ...settings, tle: files[file]! });
  for (const [at, { from, to, channel, rateBitsPerSecond, delayMs, lossRatio }] of directed(
    scenario,
  ).entries())
    await network.putLink({ id: `link-${at}`, from, to, channel, rateBitsPerSecond, delayMs, lossRatio });
}

/** Of plans and satellites, as every host works them out. */
async function plannedContacts(
  register: (network: NetworkStore) => Promise<void>,
  atMs: number,
  forMs: number,
): Promise<readonly Contact[]> {
  const store = openStore({ dataDir: ':memory:' });
  try {
    await register(store.network);
    const clock = { now: () => atMs, sleep: () => Promise.resolve() };
    const view = createNetworkView({ network: store.network, clock });
    return (await view.contacts({ atMs, hours: Math.max(1, Math.ceil(forMs / 3_600_000)) })).contacts;
  } finally {
    store.close();
  }
}

function roadsOf(
  scenario: Scenario,
  files: SimulateOptions['files'],
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
  files: SimulateOptions['files'],
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
function monitoredBy(id: string, scenario: Scenario): Map<string, MonitorSettings['channels']> {
  const monitored = new Map<string, MonitorSettings['channels']>();
  const out = directed(scenario).filter((link) => link.from === id);
  // Echoes come back over the same channel, where there is a way back.
  for (const { to, channel, rateBitsPerSecond } of out)
    if (directed(scenario).some((link) => link.from === to && link.to === id && link.channel === channel))
      monitored.set(to, { ...monitored.get(to), [channel]: { rateBitsPerSecond } });
  return monitored;
}

function reportOf(
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
