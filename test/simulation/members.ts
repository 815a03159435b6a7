/** Several hosts that place work on each other, in virtual time: each may die at any port call and comes back on what was durable. */
import type { DatabaseSync } from 'node:sqlite';
import { UlidIds } from '../../adapters/system/ids.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { MemorySlots } from '../../adapters/embedded/slots.ts';
import { type EmbeddedStore, openStore } from '../../adapters/embedded/store.ts';
import { EmbeddedTaskTypes } from '../../adapters/embedded/task-types.ts';
import { MemoryTurns } from '../../adapters/embedded/turns.ts';
import type { Message } from '../../core/custody/message.ts';
import { HoldfastError } from '../../core/errors.ts';
import { ENDING_EVENTS } from '../../core/event/event.ts';
import type { Execution } from '../../core/execution/execution.ts';
import type { JsonValue } from '../../core/json.ts';
import type { NetworkLink, NetworkNode } from '../../core/network/network.ts';
import { createNetworkView } from '../../core/network/view.ts';
import { createPlacer } from '../../core/placement/placer.ts';
import { createRemoteWork } from '../../core/placement/remote-work.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import type { TaskHandler } from '../../core/task/handler.ts';
import { checkDefinition } from '../../core/workflow/check-later.ts';
import { parseDocument } from '../../core/workflow/parse-later.ts';
import { createEngine, type Engine } from '../../embedded/engine.ts';
import { loadMachines } from '../../embedded/machines.ts';
import { createTaskRunner } from '../../lambdas/run/run.ts';
import { workServices } from '../../lambdas/work/services.ts';
import { decodeWork } from '../../core/placement/messages.ts';
import { type CrashPoint, Faults, NO_FAULTS, noFaultCounts, type Victim } from './faults.ts';
import { Scheduler, VirtualClock } from './scheduler.ts';

const machines = loadMachines();
// Virtual time does not wait for files.
await checkDefinition(await parseDocument({ name: 'any', tasks: [{ id: 'any', type: 'pass' }] }));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const STEPS_MAX = 20_000;
/** Turns of the loop with nothing due, in which a promise that can settle has. */
const IDLE_MAX = 1000;

export interface MemberSpec {
  id: string;
  capabilities: string[];
  handlers: Record<string, TaskHandler>;
}

/** One incarnation of a host. */
class Incarnation implements Victim {
  alive = true;
  calls = 0;
  isReady = false;
  engine!: Engine;
  services!: ReturnType<typeof workServices>;
  readonly died: Promise<'died'>;
  readonly store: EmbeddedStore;
  readonly crashAt: CrashPoint | undefined;
  readonly #onCrash: (at: string) => void;
  #tellDied!: (died: 'died') => void;

  constructor(store: EmbeddedStore, crashAt: CrashPoint | undefined, onCrash: (at: string) => void) {
    this.store = store;
    this.crashAt = crashAt;
    this.#onCrash = onCrash;
    this.died = new Promise((resolve) => (this.#tellDied = resolve));
  }

  crash(at: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.isReady = false;
    this.#tellDied('died');
    this.#onCrash(at);
  }
}

/** Of an attempt on another node. */
const ENDS = ['task.succeeded', 'task.failed', 'task.attempt-failed'];

const keyOf = (
  host: string,
  of: { executionId: string; taskId?: string; attempt?: number },
  type: string,
): string => JSON.stringify([host, of.executionId, of.taskId, of.attempt, type]);

interface Mail {
  from: string;
  message: Message;
  /** It is a report, to whoever sent the message. */
  deletion?: { destination: string; by: string; reason: string };
}

export class Members {
  readonly scheduler: Scheduler;
  readonly #rng: SeededRandom;
  readonly #specs: readonly MemberSpec[];
  readonly #network: { nodes: NetworkNode[]; links: NetworkLink[] };
  readonly #hosts = new Map<string, Incarnation>();
  readonly #payloads = new Map<string, MemoryPayloadStore>();
  readonly #crashes: Map<string, CrashPoint>;
  readonly #sent = new Set<string>();
  /** Events that can't be lost any more. */
  readonly #committed = new Set<string>();
  /** Nodes to which nothing gets through for now. */
  readonly cut = new Set<string>();
  /** Nodes that take no work for good, and why. */
  readonly refusing = new Map<string, string>();
  /** Messages by what they are: `hub start edge-1`. */
  readonly carried: string[] = [];
  /** Of whom hosts learned how long a type took there. */
  readonly learned: string[] = [];
  /** What must not be: messages that are refused, or sent or forgotten before what they tell of is durable. */
  readonly violations: string[] = [];
  /** Port calls of each host's first life. */
  readonly calls = new Map<string, number>();

  /** Each pair of members has a link each way, with the delay in `delaysMs` of the one that is not the first. */
  constructor(
    seed: number,
    specs: readonly MemberSpec[],
    {
      crashes = {},
      delaysMs = {},
    }: { crashes?: Record<string, CrashPoint>; delaysMs?: Record<string, number> } = {},
  ) {
    this.#rng = new SeededRandom(seed);
    this.scheduler = new Scheduler(new SeededRandom(seed + 1));
    this.#specs = specs;
    this.#crashes = new Map(Object.entries(crashes));
    const [hub, ...others] = specs.map(({ id }) => id) as [string, ...string[]];
    const link = (from: string, to: string, delayMs: number): NetworkLink => ({
      id: `${from}-${to}`,
      from,
      to,
      channel: 'primary',
      rateBitsPerSecond: 1e6,
      delayMs,
    });
    this.#network = {
      nodes: specs.map(({ id, capabilities }) => ({ id, kind: 'edge', capabilities })),
      links: others.flatMap((id) => [link(hub, id, delaysMs[id] ?? 100), link(id, hub, delaysMs[id] ?? 100)]),
    };
  }

  async boot(): Promise<void> {
    for (const spec of this.#specs) {
      this.#payloads.set(spec.id, new MemoryPayloadStore());
      void this.#boot(spec, undefined, this.#crashes.get(spec.id));
      await this.ask(spec.id, () => Promise.resolve());
    }
  }

  host(id: string): Incarnation {
    return this.#hosts.get(id)!;
  }

  /** Asks a host, again after each crash, until it answers. */
  ask<T>(id: string, what: (engine: Engine, store: EmbeddedStore) => Promise<T>): Promise<T> {
    return this.drive(this.#ask(id, what));
  }

  /** Steps until a promise is settled. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => (isSettled = true));
    settled.catch(() => undefined);
    for (let idle = 0; !isSettled; idle++) {
      if (await this.scheduler.step()) idle = 0;
      if (idle > IDLE_MAX) throw new Error(`nothing comes any more: ${this.carried.join(', ')}`);
      this.#bound();
    }
    return settled;
  }

  /** Steps until nothing comes any more. */
  async untilQuiet(): Promise<void> {
    while (await this.scheduler.step()) this.#bound();
  }

  /** Steps until time has come that far. */
  async pass(ms: number): Promise<void> {
    await this.drive(this.scheduler.sleep(ms));
  }

  execution(id: string, executionId: string): Promise<Execution | undefined> {
    return this.ask(id, (_, store) => store.executions.get(executionId));
  }

  /** Executions that run for other nodes. */
  async works(id: string): Promise<Execution[]> {
    const listed = await this.host(id).store.reader.list({ limit: 1000 });
    return listed.filter(({ origin }) => origin !== undefined);
  }

  async events(id: string, executionId: string) {
    return this.host(id).store.reader.events(executionId, { limit: 1000 });
  }

  close(): void {
    for (const host of this.#hosts.values()) {
      host.alive = false;
      host.store.close();
    }
  }

  async #ask<T>(id: string, what: (engine: Engine, store: EmbeddedStore) => Promise<T>): Promise<T> {
    for (;;) {
      const host = this.#hosts.get(id);
      if (!host?.isReady) {
        await this.scheduler.sleep(10);
        continue;
      }
      const answer = await Promise.race([
        what(host.engine, host.store).then((value) => ({ value })),
        host.died,
      ]);
      if (answer !== 'died') return answer.value;
    }
  }

  #bound(): void {
    if (this.scheduler.steps > STEPS_MAX)
      throw new Error(`it goes on and on: ${this.carried.slice(-10).join(', ')}`);
  }

  async #boot(
    spec: MemberSpec,
    survivor: DatabaseSync | undefined,
    crashAt: CrashPoint | undefined,
  ): Promise<void> {
    const { id } = spec;
    const { scheduler } = this;
    let host!: Incarnation;
    const store = openStore({
      dataDir: ':memory:',
      defer: (commit) => void scheduler.after(this.#rng.int(0, 3), commit, host),
      ...(survivor && { survivor }),
    });
    host = new Incarnation(store, crashAt, () => {
      this.calls.set(id, host.calls);
      scheduler.drop(host);
      const left = store.crash();
      scheduler.after(50, () => void this.#boot(spec, left, undefined));
    });
    this.#hosts.set(id, host);
    store.onCommitted(({ events }) => {
      for (const event of events) this.#committed.add(keyOf(id, event, event.type));
    });
    await store.network.change(() => this.#network);
    await this.#assemble(host, spec);
    await host.engine.recover();
    if (host.alive) host.isReady = true;
  }

  async #assemble(host: Incarnation, { id, capabilities, handlers }: MemberSpec): Promise<void> {
    const { scheduler } = this;
    const rng = this.#rng;
    const faults = new Faults(host, { plan: NO_FAULTS, scheduler, rng, counts: noFaultCounts() });
    const clock = new VirtualClock(scheduler, host);
    const types = new EmbeddedTaskTypes();
    for (const [type, handler] of Object.entries(handlers))
      types.offer(type, { handler, source: 'simulation' });
    const { network } = host.store;
    const store = faults.around('ExecutionStore', host.store.executions);
    const payloads = faults.around('PayloadStore', this.#payloads.get(id)!);
    const runner = createTaskRunner({ types, executionStore: store, payloads, clock, logger: quiet });
    const random = new SeededRandom(rng.int(0, 2 ** 31));
    const remote = createRemoteWork((message) => this.#post(id, message));
    host.engine = await createEngine(
      {
        store,
        workflows: faults.around('WorkflowStore', host.store.workflows),
        payloads,
        slots: faults.around('Slots', new MemorySlots()),
        types,
        attempts: { abort: async (executionId, reason) => void runner.abort(executionId, undefined, reason) },
        runTask: (call) => faults.call('runTask', () => runner.call(call), false),
        clock,
        random,
        ids: new UlidIds(clock, random),
        machines,
        runTimes: { ended: (node, type) => void this.learned.push(`${node} ${type}`) },
        others: { here: id, work: faults.around('RemoteWork', remote) },
        placer: createPlacer({
          here: { id, capabilities },
          types,
          clock,
          others: {
            network: createNetworkView({ network, clock }),
            reports: network,
            turns: new MemoryTurns(),
          },
        }),
        onFault: (machine, name, { error, cause }) => {
          if (host.alive) this.violations.push(`${machine} ${name}: ${error} ${cause}`);
        },
        wrapDispatcher: (local) => faults.dispatcher(local),
      },
      { maxWorkflows: 100, maxTasks: 100 },
    );
    const { worker, takeAnswer } = host.engine;
    host.services = workServices({ worker: worker!, takeAnswer });
  }

  /** Keeps a message for good, and brings it twice: delivery is at least once. */
  async #post(from: string, message: Message): Promise<void> {
    const key = JSON.stringify([from, message.to, message.service, message.id]);
    if (this.#sent.has(key)) return;
    this.#sent.add(key);
    this.carried.push(`${from} ${message.id.split(' ')[0]} ${message.to}`);
    if (!this.#isDurable(from, message))
      this.violations.push(`${from} tells of what it may forget: ${message.id}`);
    const delayMs = this.#rng.int(1, 400);
    for (const laterMs of [0, this.#rng.int(0, 5)]) this.#bring({ from, message }, delayMs + laterMs);
  }

  /** The claim before the start, the end before the answer. */
  #isDurable(from: string, { payload }: Message): boolean {
    const said = decodeWork(payload);
    if (said.type === 'cancel') return true;
    return said.type === 'start'
      ? this.#committed.has(keyOf(from, said.parent, 'task.placed'))
      : [...ENDING_EVENTS].some((type) => this.#committed.has(keyOf(from, { executionId: said.id }, type)));
  }

  /** An answer that was taken has ended the wait for good, or come too late. */
  async #isTaken({ to, payload }: Message): Promise<boolean> {
    const said = decodeWork(payload);
    if (said.type !== 'ended') return true;
    if (ENDS.some((type) => this.#committed.has(keyOf(to, said.parent, type)))) return true;
    const task = await this.#hosts.get(to)!.store.executions.task(said.parent);
    return task?.attempt !== said.parent.attempt || task.status === 'CANCELLED';
  }

  #bring(mail: Mail, delayMs: number): void {
    this.scheduler.after(delayMs, () => void this.#hand(mail));
  }

  async #hand(mail: Mail): Promise<void> {
    const { from, message, deletion } = mail;
    const { to, reportTo } = message;
    const reason = this.refusing.get(to);
    if (reason !== undefined && reportTo !== undefined && deletion === undefined) {
      const report = { ...message, to: from, service: reportTo };
      return this.#bring({ from, message: report, deletion: { destination: to, by: from, reason } }, 1);
    }
    const host = this.#hosts.get(message.to);
    if (!host?.isReady || this.cut.has(message.to) || this.cut.has(from)) return this.#bring(mail, 500);
    const service = host.services[message.service.split('/')[0] as keyof typeof host.services];
    const told = { source: from, service: message.service, ...(deletion && { deletion }) };
    const handed = service(message.payload, told).then(
      () => 'taken',
      (error: unknown) => error,
    );
    const outcome = await Promise.race([handed, host.died]);
    if (outcome === 'taken') {
      if (!(await this.#isTaken(message)))
        this.violations.push(`${message.to} may forget the answer: ${message.id}`);
      return;
    }
    const isPassing = !(outcome instanceof HoldfastError) || outcome.kind === 'unavailable';
    if (outcome === 'died' || isPassing) return this.#bring(mail, 200);
    this.violations.push(`${from} to ${message.to}: ${(outcome as Error).message}`);
  }
}

export const echo: TaskHandler = (input: unknown) => input as JsonValue;
