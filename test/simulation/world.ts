/** One schedule: the real engine and store in virtual time, a host that dies and comes back, and clients that ask again. */
import type { DatabaseSync } from 'node:sqlite';
import { UlidIds } from '../../adapters/system/ids.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { MemorySlots } from '../../adapters/embedded/slots.ts';
import { type EmbeddedStore, openStore } from '../../adapters/embedded/store.ts';
import { EmbeddedTaskTypes } from '../../adapters/embedded/task-types.ts';
import { POOLS, type TaskCall, type TaskResult } from '../../core/execution/steps.ts';
import { isObject, type JsonValue } from '../../core/json.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore, HostRecovery, NewExecution } from '../../core/ports/execution-store.ts';
import type { Slots } from '../../core/ports/slots.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { PermanentFailure, type TaskContext } from '../../core/task/handler.ts';
import { parseDocument } from '../../core/workflow/parse-later.ts';
import { createEngine, type Engine } from '../../embedded/engine.ts';
import { loadMachines } from '../../embedded/machines.ts';
import { createTaskRunner } from '../../lambdas/run/run.ts';
import { Client } from './client.ts';
import { type CrashPoint, type FaultCounts, Faults, noFaultCounts, type Victim } from './faults.ts';
import { failureAt } from './model.ts';
import { FinalStates } from './final-states.ts';
import { Oracles } from './oracles.ts';
import type { Violation } from './seen.ts';
import { Scheduler, VirtualClock } from './scheduler.ts';
import type { Schedule } from './workloads.ts';

/** Takes a fence out: lays something wrong over a port of every incarnation. */
export interface Sabotage {
  store?(store: ExecutionStore & HostRecovery): Partial<ExecutionStore & HostRecovery>;
  slots?(slots: Slots): Partial<Slots>;
  dispatcher?(dispatcher: Dispatcher): Dispatcher;
}

export interface Report {
  violations: Violation[];
  steps: number;
  calls: number;
  faults: FaultCounts;
  history: string[];
}

const STEPS_MAX = 60_000;
const machines = loadMachines();
// Virtual time does not wait for files.
await parseDocument({ name: 'any', tasks: [{ id: 'any', type: 'pass' }] });
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** One incarnation of the host. */
export class Host implements Victim {
  alive = true;
  calls = 0;
  recovering = true;
  engine!: Engine;
  slots!: Slots;
  readonly died: Promise<'died'>;
  readonly crashAt: CrashPoint | undefined;
  readonly store: EmbeddedStore;
  readonly types = new EmbeddedTaskTypes();
  readonly #world: World;
  #tellDied!: (died: 'died') => void;

  constructor(world: World, store: EmbeddedStore, crashAt: CrashPoint | undefined) {
    this.#world = world;
    this.store = store;
    this.crashAt = crashAt;
    this.died = new Promise((resolve) => (this.#tellDied = resolve));
  }

  crash(at: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.#tellDied('died');
    this.#world.crashed(this, at);
  }
}

export class World {
  readonly schedule: Schedule;
  readonly scheduler: Scheduler;
  readonly oracles: Oracles;
  readonly rng: SeededRandom;
  readonly counts = noFaultCounts();
  readonly offered: Set<string>;
  host: Host | undefined;
  readonly #sabotage: Sabotage;
  readonly #payloads = new MemoryPayloadStore();
  readonly #waitingForHost: (() => void)[] = [];
  #incarnations = 0;
  #calls = 0;

  constructor(schedule: Schedule, sabotage: Sabotage = {}) {
    this.schedule = schedule;
    this.#sabotage = sabotage;
    this.rng = new SeededRandom(schedule.seed, 0xfa17);
    this.scheduler = new Scheduler(new SeededRandom(schedule.seed, 0x5c4e));
    this.oracles = new Oracles(schedule, this.scheduler);
    this.offered = new Set(schedule.lateTypes.length > 0 ? [] : ['*']);
  }

  async run(): Promise<Report> {
    const client = new Client(this);
    void this.#boot(undefined);
    void client.begin();
    await this.#untilQuiet();
    while (this.oracles.violations.length === 0 && (await client.close())) await this.#untilQuiet();
    if (this.oracles.violations.length === 0 && this.host)
      await new FinalStates(this.oracles, this.schedule).check(this.host.store, this.host.slots);
    const { host } = this;
    if (host) {
      this.#calls += host.calls;
      host.alive = false;
      host.store.close();
    }
    const { violations, history } = this.oracles;
    return { violations, history, steps: this.scheduler.steps, calls: this.#calls, faults: this.counts };
  }

  /** The host, once it has recovered. */
  async up(): Promise<Host> {
    while (!this.host || this.host.recovering)
      await new Promise<void>((resolve) => this.#waitingForHost.push(resolve));
    return this.host;
  }

  offers(type: string): boolean {
    return this.offered.has(type) || !this.schedule.lateTypes.includes(type);
  }

  offer(host: Host, type: string): void {
    host.types.offer(type, {
      handler: (input: never, context) => this.#work(host, input, context),
      source: 'simulation',
    });
  }

  crashed(host: Host, at: string): void {
    this.counts[host.recovering ? 'crashInRecovery' : 'crash']++;
    this.#calls += host.calls;
    this.host = undefined;
    this.scheduler.drop(host);
    const survivor = host.store.crash();
    this.oracles.note(`CRASH ${at}`);
    this.oracles.crashed();
    this.scheduler.after(this.rng.int(0, this.schedule.faults.restartMsMax), () => void this.#boot(survivor));
  }

  async #untilQuiet(): Promise<void> {
    while (this.oracles.violations.length === 0 && (await this.scheduler.step())) {
      if (this.scheduler.steps > STEPS_MAX)
        this.oracles.fail('1 liveness', `all quiet within ${STEPS_MAX} steps`, 'it goes on and on');
    }
  }

  async #boot(survivor: DatabaseSync | undefined): Promise<void> {
    const { schedule, scheduler, oracles, rng } = this;
    const { commitMsMax } = schedule.faults;
    let host!: Host;
    const defer = (commit: () => void) => {
      scheduler.after(commitMsMax === 0 ? 0 : rng.int(0, commitMsMax), commit, host);
    };
    const store = openStore({ dataDir: ':memory:', defer, ...(survivor ? { survivor } : {}) });
    host = new Host(this, store, schedule.faults.crashes[this.#incarnations++]);
    this.host = host;
    store.onCommitted(({ events }) => oracles.committed(events));
    try {
      await this.#assemble(host);
      await host.engine.recover();
    } catch (error) {
      return oracles.fail('recovery', 'a host that starts', String(error));
    }
    if (!host.alive) return;
    host.recovering = false;
    oracles.note(`up, incarnation ${this.#incarnations}`);
    for (const resolve of this.#waitingForHost.splice(0)) resolve();
  }

  async #assemble(host: Host): Promise<void> {
    const { schedule, scheduler, oracles, rng, counts } = this;
    const { maxWorkflows, maxTasks, pools } = schedule.limits;
    const sabotage = this.#sabotage;
    const faults = new Faults(host, { plan: schedule.faults, scheduler, rng, counts });
    const clock = new VirtualClock(scheduler, host);
    host.slots = this.#followed(new MemorySlots());
    const executions = this.#observed(host.store.executions);
    const workflows = this.#definitions(host.store.workflows);
    const ports = {
      store: faults.around('ExecutionStore', over(executions, sabotage.store?.(executions))),
      workflows: faults.around('WorkflowStore', workflows),
      payloads: faults.around('PayloadStore', this.#payloads),
      slots: faults.around('Slots', over(host.slots, sabotage.slots?.(host.slots))),
      types: faults.around('TaskTypes', host.types),
    };
    const runner = createTaskRunner({
      types: host.types,
      executionStore: ports.store,
      payloads: ports.payloads,
      clock,
      logger: quiet,
    });
    for (const type of schedule.types) if (this.offers(type)) this.offer(host, type);
    for (const [type, size] of Object.entries(pools)) await ports.slots.limit(POOLS.type(type), size);
    const random = new SeededRandom(rng.int(0, 2 ** 31));
    host.engine = await createEngine(
      {
        ...ports,
        attempts: faults.around('Attempts', {
          abort: async (executionId: string, reason: string) =>
            void runner.abort(executionId, undefined, reason),
        }),
        runTask: (call) => faults.call('runTask', () => this.#runTask(runner.call, call), false),
        clock,
        random,
        ids: new UlidIds(clock, random),
        machines,
        onFault: (machine, name, result) => {
          if (host.alive)
            oracles.fail(
              'machine',
              'state machines that end well',
              `${machine} ${name}: ${result.error} ${result.cause}`,
            );
        },
        wrapDispatcher: (local) => faults.dispatcher(sabotage.dispatcher?.(local) ?? local),
      },
      { maxWorkflows, maxTasks },
    );
  }

  /** Notes who asks for places and gives them back, for the history of a failure. */
  #followed(slots: MemorySlots): Slots {
    const { oracles } = this;
    return {
      limit: (pool, size) => slots.limit(pool, size),
      holders: () => slots.holders(),
      usage: () => slots.usage(),
      async acquire(request) {
        const got = await slots.acquire(request);
        oracles.note(`${got ? 'holds' : 'queues'} ${request.holder} ${request.pools.join(' ')}`);
        return got;
      },
      async release(holder) {
        const granted = await slots.release(holder);
        oracles.note(`releases ${holder}${granted.length > 0 ? `, granting ${granted.join(' ')}` : ''}`);
        return granted;
      },
    };
  }

  #observed(store: ExecutionStore & HostRecovery): ExecutionStore & HostRecovery {
    const { oracles } = this;
    const saveCheckpoint: ExecutionStore['saveCheckpoint'] = async (ref, value) => {
      const newest = oracles.attempts(ref);
      const saved = await store.saveCheckpoint(ref, value);
      oracles.check(
        !saved || newest <= ref.attempt,
        '1 fence',
        `checkpoints of attempt ${newest} alone`,
        () => `${ref.taskId} takes that of ${ref.attempt}`,
      );
      return saved;
    };
    return new Proxy(store, {
      get(target, key) {
        const method = Reflect.get(target, key, target) as (...given: unknown[]) => unknown;
        if (key === 'saveCheckpoint') return saveCheckpoint;
        if (key !== 'create') return method.bind(target);
        return (execution: NewExecution, ...rest: unknown[]) => {
          oracles.created(execution);
          return method.call(target, execution, ...rest);
        };
      },
    });
  }

  #definitions(workflows: WorkflowStore): WorkflowStore {
    const { oracles } = this;
    return new Proxy(workflows, {
      get(target, key) {
        const method = Reflect.get(target, key, target) as (...given: unknown[]) => unknown;
        if (key !== 'putVersion' && key !== 'putDefinition') return method.bind(target);
        return (...given: Parameters<WorkflowStore['putVersion']>) => {
          oracles.defined(given[1], given[0]);
          return method.apply(target, given);
        };
      },
    });
  }

  async #runTask(run: (call: TaskCall) => Promise<TaskResult>, call: TaskCall) {
    this.oracles.runBegins(call);
    const result = await run(call);
    this.oracles.runEnds(call);
    return result;
  }

  /** What every handler does: works for a while, saves its progress, and ends as its schedule says. */
  async #work(host: Host, input: JsonValue, context: TaskContext): Promise<JsonValue> {
    const { executionId, taskId, attempt, signal, checkpoint } = context;
    const behaviour = this.schedule.behaviour(taskId);
    const failure = failureAt(behaviour, this.oracles.failures(executionId, taskId));
    const clock = new VirtualClock(this.scheduler, host);
    const key = `${executionId}/${taskId}`;
    if (behaviour.savesCheckpoint) this.oracles.loadedCheckpoint(key, await checkpoint.load());
    if (behaviour.durationMs > 0) await clock.sleep(Math.ceil(behaviour.durationMs / 2), signal);
    if (behaviour.savesCheckpoint) {
      await checkpoint.save({ attempt });
      this.oracles.savedCheckpoint(key, attempt);
    }
    context.heartbeat();
    if (behaviour.durationMs > 0) await clock.sleep(Math.floor(behaviour.durationMs / 2), signal);
    if (!failure)
      return {
        ...(isObject(input) ? input : {}),
        value: `of ${taskId}`,
        ...(behaviour.outputBytes > 100 ? { large: 'x'.repeat(behaviour.outputBytes) } : {}),
      };
    this.counts[failure.how === 'hang' ? 'hungAttempt' : 'failedAttempt']++;
    if (failure.how === 'hang') return this.#haunt(clock, context);
    throw failureNamed(failure.error, failure.how === 'permanent');
  }

  /** Never answers and heeds no signal: once its time is up it still saves checkpoints, until it is told not to. */
  async #haunt(clock: VirtualClock, { attempt, checkpoint }: TaskContext): Promise<never> {
    try {
      for (let times = 0; times < HAUNTINGS; times++) {
        await clock.sleep(2000);
        await checkpoint.save({ attempt });
      }
    } catch {
      // Fenced, as it should be.
    }
    return new Promise(() => undefined);
  }
}

/** `port`, with some methods replaced. */
function over<T extends object>(port: T, methods: Partial<T> = {}): T {
  return new Proxy(port, {
    get(target, key) {
      const replaced = (methods as Record<PropertyKey, unknown>)[key];
      const method: unknown = replaced ?? Reflect.get(target, key, target);
      return typeof method === 'function' && !replaced ? method.bind(target) : method;
    },
  });
}

/** Tries of an attempt that was given up, two seconds apart, to go on as if it weren't. */
const HAUNTINGS = 25;

function failureNamed(name: string, permanent: boolean): Error {
  const error = permanent ? new PermanentFailure('as scheduled') : new Error('as scheduled');
  Object.defineProperty(error, 'name', { value: name });
  return error;
}
