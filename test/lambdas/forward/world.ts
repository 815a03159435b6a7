/** Nodes with real ledgers that talk over simulated links in virtual time, and crash at any call of a port. */
import { afterEach, expect } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { linkState } from '../../../core/link-health/state.ts';
import type { LinkState } from '../../../core/link-health/state.ts';
import type { NetworkLink, NetworkNode } from '../../../core/network/network.ts';
import { createNetworkView } from '../../../core/network/view.ts';
import type { Channel } from '../../../core/node/node.ts';
import type { NetworkStore } from '../../../core/ports/network-store.ts';
import { LinkDown } from '../../../core/ports/link-client.ts';
import { SimulatedLink } from '../../../core/simulator/link.ts';
import type { LinkProfile } from '../../../core/simulator/link-profile.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { VirtualTime } from '../../../core/simulator/virtual-time.ts';
import { createNetwork } from '../../../lambdas/network/network.ts';
import { TestNode, type NodeOptions } from './node.ts';

export const START_MS = Date.UTC(2026, 0, 1);

const REPORT_MS = 10_000;

export interface TestLink {
  from: string;
  to: string;
  /** @default primary */
  channel?: Channel;
  profile: LinkProfile;
  /** Registered as: always there, unless a plan gives it its contacts. @default a link of 8 Mbit/s */
  registered?: Partial<NetworkLink> | 'by-plan';
  /** How often a frame comes twice. */
  duplicates?: number;
  reorders?: boolean;
  /** Whether the sender is told where the link is down. @default false */
  isTold?: boolean;
}

export interface WorldOptions {
  seed?: number;
  nodes: readonly string[];
  links: readonly TestLink[];
  /** An ION contact plan, its time 0 at the start. */
  plan?: string;
  each?: (node: string) => NodeOptions;
}

export class World {
  readonly time = new VirtualTime(START_MS);
  readonly random: SeededRandom;
  readonly nodes = new Map<string, TestNode>();
  readonly network: NetworkStore;
  /** What no use case may do. */
  readonly wrongs: string[] = [];
  /** Calls of ports that have not settled. */
  outstanding = 0;
  readonly #links = new Map<string, { link: SimulatedLink; of: TestLink }>();
  readonly #measured = new Map<string, LinkState>();
  readonly #store = openStore({ dataDir: ':memory:' });

  private constructor({ seed = 1, links }: WorldOptions) {
    this.random = new SeededRandom(seed);
    this.network = this.#store.network;
    for (const of of links) {
      const { profile, reorders = false } = of;
      const link = new SimulatedLink({ timeline: this.time, random: this.random, profile, reorders });
      this.#links.set(key(of.from, of.to, of.channel), { link, of });
    }
  }

  static async of(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await world.#register(options);
    for (const id of options.nodes) world.nodes.set(id, new TestNode(world, id, options.each?.(id) ?? {}));
    return world;
  }

  node(id: string): TestNode {
    return this.nodes.get(id)!;
  }

  view() {
    return createNetworkView({ network: this.network, clock: { now: () => this.time.nowMs, sleep: tick } });
  }

  send(from: string, to: string, channel: Channel, frame: Uint8Array): Promise<void> {
    const found = this.#links.get(key(from, to, channel));
    const { of, link } = found ?? {};
    if (of === undefined || link === undefined || (of.isTold && !of.profile.at(this.time.nowMs).isUp))
      return Promise.reject(new LinkDown(`Nothing leads to ${to} over ${channel}.`, 'Wait.'));
    const copies = this.random.chance(of.duplicates ?? 0) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      link.send(frame.length, {
        delivered: () => this.node(to).receive(from, channel, frame.slice()),
        lost: () => undefined,
      });
    return Promise.resolve();
  }

  /** What probes find from now on, reported as often as nodes do. */
  async measure(linkId: string, status: 'up' | 'down', more: Partial<LinkState> = {}): Promise<void> {
    const reasons = [`it is ${status}`];
    this.#measured.set(linkId, linkState(status, { sinceMs: this.time.nowMs, reasons, ...more }));
    await this.#report(linkId);
    for (const node of this.nodes.values()) node.wake();
  }

  async #report(linkId: string): Promise<void> {
    const state = this.#measured.get(linkId)!;
    const atMs = this.time.nowMs;
    await this.network.putLinkState({ linkId, atMs, ...state });
    this.time.at(atMs + REPORT_MS, () => {
      if (this.#measured.get(linkId) === state) void this.#report(linkId);
    });
  }

  /** Runs what is asked for at a time. */
  at(afterMs: number, run: () => unknown): void {
    this.time.at(START_MS + afterMs, () => void run());
  }

  /** Lets `ms` pass from the start, and everything happen that happens until then. */
  async until(ms: number): Promise<void> {
    do await this.settle();
    while (this.time.step(START_MS + ms));
    this.time.run(START_MS + ms);
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let calm = 0; calm < 4; calm = this.outstanding === 0 ? calm + 1 : 0) await tick();
  }

  close(): void {
    for (const node of this.nodes.values()) node.close();
    this.#store.close();
  }

  async #register({ nodes, links, plan }: WorldOptions): Promise<void> {
    const clock = { now: () => START_MS, sleep: tick };
    const ids = { next: () => 'text_1' };
    const network = createNetwork({ network: this.network, clock, ids });
    for (const id of nodes) await network.putNode({ id, kind: 'edge', capabilities: [] } as NetworkNode);
    if (plan !== undefined) await network.putPlan({ name: 'plan', plan, startsMs: START_MS });
    for (const { from, to, channel = 'primary', registered } of links) {
      if (registered === 'by-plan') continue;
      const made = { id: `${from}-${to}-${channel}`, from, to, channel, rateBitsPerSecond: 8e6, delayMs: 20 };
      await network.putLink({ ...made, ...registered });
    }
  }
}

const key = (from: string, to: string, channel: Channel = 'primary'): string => `${from} ${to} ${channel}`;

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The world of one test at a time, in which nothing may go wrong, and which is closed after it. */
export function useWorld(): (options: WorldOptions) => Promise<World> {
  let world: World | undefined;
  afterEach(() => {
    const { wrongs } = world!;
    world!.close();
    expect(wrongs).toEqual([]);
  });
  return async (options) => (world = await World.of(options));
}
