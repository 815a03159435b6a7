/** Runs a scenario: real ledgers and the use cases that forward, over simulated links in virtual time. */
import { openStore } from '../../adapters/embedded/store.ts';
import type { Contact } from '../../core/contact-plan/contact.ts';
import { InvalidInput } from '../../core/errors.ts';
import { createNetworkView } from '../../core/network/view.ts';
import type { Channel } from '../../core/node/node.ts';
import { LinkDown } from '../../core/ports/link-client.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import type { SimulationReport } from '../../core/simulator/report.ts';
import type { Scenario } from '../../core/simulator/scenario.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { VirtualTime } from '../../core/simulator/virtual-time.ts';
import type { Logger } from '../../core/task/handler.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { openSimulatedHost, type SimulatedHost } from './host.ts';
import { Pending } from './pending.ts';
import { directed, type Files, monitoredBy, reportOf, roadKey, roadsOf } from './roads.ts';
import { Traffic } from './traffic.ts';

export interface SimulateOptions {
  scenario: Scenario;
  files: Files;
  seed: number;
  logger: Logger;
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

async function registerAll(store: NetworkStore, scenario: Scenario, files: Files): Promise<void> {
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
