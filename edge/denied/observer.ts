/** Looks at the hosts of the demonstration, as their own interfaces tell it. */
import type { AcceleratedClock } from '../../adapters/system/accelerated-clock.ts';
import type { DeniedNode, DeniedState, DeniedTask, DeniedWay } from '../../cli/denied/state.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { Decision } from '../../core/failover/failover.ts';
import { HUB, type NodeKind } from '../../core/node/node.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import type { Orchestrator } from '../../embedded/orchestrator.ts';
import type { Air } from './air.ts';
import type { Hosts } from './hosts.ts';
import { jamsOf, SATELLITE, SITES, START_MS } from './scene.ts';

export interface ObserverOptions {
  clock: AcceleratedClock;
  air: Air;
  hosts: Hosts;
}

type News = (atMs: number, text: string) => void;

const READY_LOOK_MS = 500;
const CONTACTS_SHOWN = 4;

export class Observer {
  readonly #options: ObserverOptions;
  readonly #ways = new Map<string, DeniedWay>();
  readonly #tasks = new Map<string, DeniedTask>();
  readonly #listeners: News[] = [];
  /** Until somebody listens. */
  readonly #unheard: Parameters<News>[] = [];
  #failovers = 0;
  #isReady = false;

  constructor(options: ObserverOptions) {
    this.#options = options;
    for (const [from, carrier] of options.hosts.carriers)
      carrier.onDecision((to, decision) => this.#decided(from, to, decision));
    for (const { id, channels } of SITES)
      for (const channel of channels)
        for (const { startMs, endMs } of jamsOf(id, channel)) {
          options.clock.at(startMs, () => this.#tell(`the ${channel} link of ${id} is jammed`));
          options.clock.at(endMs, () => this.#tell(`the ${channel} link of ${id} is jammed no more`));
        }
  }

  onNews(listener: News): void {
    this.#listeners.push(listener);
    for (const news of this.#unheard.splice(0)) listener(...news);
  }

  /** Hosts that are closed lose their connections, which is no news. */
  fallSilent(): void {
    this.#isReady = false;
    this.#listeners.length = 0;
  }

  /** Resolves when each node is heard of and knows the network. */
  async ready(): Promise<void> {
    const { clock, hosts } = this.#options;
    for (;;) {
      const reports = await hosts.hub.orchestrator.network.nodeReports();
      const told = await Promise.all(
        hosts.edges.map(async ({ orchestrator }) => (await orchestrator.network.registered()).nodes.length),
      );
      if (reports.length === SITES.length && told.every((nodes) => nodes > SITES.length)) break;
      await clock.sleep(READY_LOOK_MS);
    }
    this.#isReady = true;
  }

  /** Follows the execution until its end. */
  async watch(orchestrator: Orchestrator, executionId: string, signal: AbortSignal): Promise<void> {
    const { workflow, version } = (await orchestrator.reader.get(executionId))!;
    const { definition } = (await orchestrator.workflows.getVersion(workflow, version))!;
    for (const { id, placement } of definition.tasks)
      this.#tasks.set(id, {
        id,
        state: 'pending',
        ...(placement && { precedence: placement.precedence }),
      });
    try {
      for await (const event of orchestrator.events(executionId, { signal })) this.#happened(event);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async state(): Promise<DeniedState> {
    const { clock, air, hosts } = this.#options;
    const atMs = clock.now();
    const all = await Promise.all([...hosts.carriers.values()].map((carrier) => carrier.queues()));
    const conditions = await hosts.network.nodeStates();
    const nodes = all.map(({ node, totals }): DeniedNode => {
      const site = SITES.find(({ id }) => id === node);
      const kind: NodeKind = node === HUB ? 'cloud' : site ? 'edge' : 'component';
      const condition = site && conditions.get(node)?.condition;
      return {
        id: node,
        kind,
        capabilities: site?.capabilities ?? [],
        totals,
        ...(condition && { condition: condition.condition, why: condition.reasons[0] }),
      };
    });
    const jammed = SITES.flatMap(({ id, channels }) =>
      channels
        .filter((channel) =>
          jamsOf(id, channel).some(({ startMs, endMs }) => startMs <= atMs && atMs < endMs),
        )
        .map((channel) => ({ from: id, to: HUB, channel })),
    );
    return {
      startMs: START_MS,
      atMs,
      factor: clock.factor,
      jammed,
      nodes,
      ways: [...this.#ways.values()],
      queues: all.flatMap(({ node, queues }) => queues.map((queue) => ({ node, ...queue }))),
      contacts: air.contacts
        .filter(({ endMs, from }) => endMs > atMs && from !== SATELLITE)
        .slice(0, CONTACTS_SHOWN),
      tasks: [...this.#tasks.values()],
      traffic: [...air.carried.values()],
      failovers: this.#failovers,
    };
  }

  #decided(from: string, to: string, decision: Decision): void {
    const { kind, precedences, reason, atMs, isPlanned } = decision;
    if (kind === 'prepare') return;
    if (this.#isReady && (kind === 'failover' || kind === 'return')) this.#failovers++;
    const channel = decision.to;
    const key = JSON.stringify([from, to, precedences]);
    this.#ways.set(key, { from, to, precedences, reason, sinceMs: atMs, ...(channel && { channel }) });
    const isNews = this.#isReady && kind !== 'start' && !isPlanned && to !== SATELLITE;
    const whom = precedences.length === PRECEDENCES.length ? '' : ` for ${precedences.join(', ')}`;
    if (isNews) this.#tell(`${from} → ${to}${whom}: ${channel ?? 'no channel'}; ${reason}`);
  }

  #happened({ type, taskId, data = {}, atMs }: HoldfastEvent): void {
    if (taskId === undefined) return this.#tell(type.replace('.', ' '));
    const task = this.#tasks.get(taskId) ?? { id: taskId, state: 'pending' };
    const reason = typeof data.reason === 'string' ? data.reason : undefined;
    const node = typeof data.node === 'string' ? data.node : task.node;
    const state = STATES[type] ?? task.state;
    if (STATES[type] === undefined) return;
    this.#tasks.set(taskId, {
      ...task,
      state,
      sinceMs: atMs,
      ...(node !== undefined && { node }),
      ...((reason ?? task.reason) !== undefined && { reason: reason ?? task.reason }),
    });
    const words = type === 'task.placed' ? reason : type.slice('task.'.length);
    this.#tell(`task ${taskId}: ${words}`);
  }

  #tell(text: string): void {
    const news: Parameters<News> = [this.#options.clock.now(), text];
    if (this.#listeners.length === 0) this.#unheard.push(news);
    for (const listener of this.#listeners) listener(...news);
  }
}

const STATES: Partial<Record<HoldfastEvent['type'], DeniedTask['state']>> = {
  'task.placed': 'waiting',
  'task.waiting': 'waiting',
  'task.parked': 'waiting',
  'task.started': 'running',
  'task.succeeded': 'succeeded',
  'task.failed': 'failed',
};
