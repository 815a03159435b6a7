/** Moves bundles between this host and its neighbours, for as long as the process lives. */
import type { EmbeddedStore } from '../adapters/embedded/store.ts';
import { ZstdCompression } from '../adapters/system/zstd.ts';
import { Booked } from '../core/custody/booked.ts';
import { NeighbourChannels } from '../core/custody/channels.ts';
import { Intake } from '../core/custody/intake.ts';
import type { Message } from '../core/custody/message.ts';
import type { Keys } from '../core/custody/protection.ts';
import type { QueuesResponse } from '../core/custody/queues.ts';
import type { Decision } from '../core/failover/failover.ts';
import type { FailoverPolicy } from '../core/failover/policy.ts';
import { Isolation } from '../core/link-health/isolation.ts';
import type { NetworkView } from '../core/network/view.ts';
import { createRemoteWork } from '../core/placement/remote-work.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Compression } from '../core/ports/compression.ts';
import type { ContactTimer } from '../core/ports/contact-timers.ts';
import { type LinkClient, LinkDown } from '../core/ports/link-client.ts';
import type { Random } from '../core/ports/random.ts';
import type { RemoteWork } from '../core/ports/remote-work.ts';
import type { Logger } from '../core/task/handler.ts';
import { createCustody } from '../lambdas/forward/custody.ts';
import { createForward, type Swept } from '../lambdas/forward/forward.ts';
import type { Service } from '../lambdas/forward/ports.ts';
import type { BundleTraffic } from './frames.ts';

export interface CarrierOptions {
  /** Id of this host's own node. */
  node: string;
  store: Pick<EmbeddedStore, 'custody' | 'lanes' | 'network'>;
  view: NetworkView;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Which channel before which. @default primary, secondary, satellite, mesh */
  policy?: FailoverPolicy;
  /** Of bundles to and from other nodes. @default nothing is protected */
  keys?: Keys;
  /** @default zstd */
  compression?: Compression;
}

export interface Carrier extends Required<BundleTraffic> {
  /** Hands work to other nodes. */
  work: RemoteWork;
  /** Takes a message into custody; durable when it resolves. Errors: those of `CustodyUseCases.accept`. */
  send(message: Message): Promise<void>;
  /** Delivers to these services and sends over these links from now on. Until then bundles wait. */
  begin(links: LinkClient, services: Readonly<Record<string, Service>>): Promise<void>;
  /** Something changed that may be a way: to a node, or anywhere. */
  wake(to?: string): void;
  queues(): Promise<QueuesResponse>;
  /** Told of each switch from one channel to another. */
  onDecision(listener: (to: string, decision: Decision) => void): void;
  /** Begins nothing new, and waits for what runs. */
  stop(): Promise<void>;
}

export function createCarrier(options: CarrierOptions): Carrier {
  const { node, store, view, clock, random, logger, policy, keys } = options;
  const { compression = new ZstdCompression() } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();
  const listeners: ((to: string, decision: Decision) => void)[] = [];
  const waking = new Set<string | undefined>();
  const timers = new Set<string>();
  let links: LinkClient = { send: (to) => Promise.reject(unattached(to)) };
  let services: Readonly<Record<string, Service>> = {};
  let hasBegun = false;

  const decided = (to: string, decision: Decision): void => {
    const { kind, reason } = decision;
    logger.info(`${to}: ${reason}`, { kind, from: decision.from, to: decision.to });
    for (const listener of listeners) listener(to, decision);
  };
  const channels = new NeighbourChannels({
    node,
    view,
    network: store.network,
    clock,
    random,
    policy,
    decided,
  });
  const own: Clock = {
    now: () => clock.now(),
    sleep: (ms, until) => clock.sleep(ms, until ? AbortSignal.any([signal, until]) : signal),
  };
  const ports = {
    node,
    custody: store.custody,
    lanes: store.lanes,
    clock: own,
    random,
    compression,
    intake: new Intake(),
    ...(keys && { keys }),
    network: view,
    channels,
    links: { send: (...given: Parameters<LinkClient['send']>) => links.send(...given) },
    isolation: new Isolation(own),
    booked: new Booked({ node, custody: store.custody, clock }),
    timers: { set: async (contact: ContactTimer) => arm(contact) },
    get services() {
      return services;
    },
  };
  const custody = createCustody(ports);
  const forward = createForward(ports);

  return {
    work: createRemoteWork(send),
    send,
    async begin(to, offered) {
      links = to;
      services = offered;
      hasBegun = true;
      drain(await forward.recover());
      spawn('the queues are not looked through any more', sweep);
    },
    async arrived(from, _, sentAs, bytes) {
      const { answer, bundleId } = await custody.arrived(from, sentAs, bytes);
      if (bundleId !== undefined) step(bundleId);
      return answer;
    },
    async answered(from, channel, answer) {
      if (answer.type === 'refused') return forward.refusedBy(from, answer);
      await forward.acknowledged(from, answer.bundleIds, channel);
    },
    changed: (nodeId) => wake(nodeId),
    wake,
    queues: () => forward.queues(),
    onDecision: (listener) => void listeners.push(listener),
    async stop() {
      stopping.abort();
      while (running.size > 0) await Promise.allSettled(running);
    },
  };

  async function send(message: Message): Promise<void> {
    const { bundleId, isNew } = await custody.accept(message);
    if (isNew) step(bundleId);
  }

  function step(bundleId: string): void {
    if (hasBegun) spawn('a bundle could not be sent on', async () => drain(await stepped(bundleId)));
  }

  async function stepped(bundleId: string): Promise<Pick<Swept, 'contacts'>> {
    const { contact } = await forward.step(bundleId);
    return { contacts: contact ? [contact] : [] };
  }

  /** Calls that come while one is still to run are that one. */
  function wake(to?: string): void {
    if (!hasBegun || waking.has(to)) return;
    waking.add(to);
    spawn('what waits could not be looked at', async () => {
      await clock.sleep(0, signal);
      waking.delete(to);
      drain(await forward.wake(to));
    });
  }

  function drain({ contacts }: Pick<Swept, 'contacts'>): void {
    for (const contact of contacts)
      spawn('a contact could not be used to its end', async () => void (await forward.drain(contact)));
  }

  function arm(contact: ContactTimer): void {
    const { to, link, startMs } = contact;
    const key = JSON.stringify([to, link, startMs]);
    if (timers.has(key)) return;
    timers.add(key);
    spawn('a contact could not be begun', async () => {
      await clock.sleep(Math.max(0, startMs - clock.now()), signal);
      timers.delete(key);
      if (await forward.openContact(contact)) await forward.drain(contact);
    });
  }

  /** The next does not wait for one that is held up by a neighbour. */
  async function sweep(): Promise<void> {
    for (;;) {
      await clock.sleep((await forward.nextSweepMs()) - clock.now(), signal);
      spawn('the queues could not be looked through', async () => drain(await forward.sweep()));
    }
  }

  function spawn(what: string, run: () => Promise<void>): void {
    if (signal.aborted) return;
    const promise = run()
      .catch((error: unknown) => {
        // The next sweep takes it up.
        if (!signal.aborted) logger.error(what, { error: String(error) });
      })
      .finally(() => running.delete(promise));
    running.add(promise);
  }
}

const unattached = (to: string): LinkDown =>
  new LinkDown(`Nothing leads to "${to}" yet.`, 'Wait until this host has opened its links.');
