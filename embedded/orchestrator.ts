/**
 * Holdfast as a library: one process, one SQLite file, everything the server does but the network.
 */
import { resolve } from 'node:path';
import { SystemClock } from '../adapters/system/clock.ts';
import { UlidIds } from '../adapters/system/ids.ts';
import { FilePayloadStore, MemoryPayloadStore } from '../adapters/embedded/payload-store.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { MemorySlots } from '../adapters/embedded/slots.ts';
import type { SqliteNodeRegistry } from '../adapters/embedded/node-registry.ts';
import { type EmbeddedStore, openStore } from '../adapters/embedded/store.ts';
import { MemoryTurns } from '../adapters/embedded/turns.ts';
import type { EmbeddedTaskTypes } from '../adapters/embedded/task-types.ts';
import type { CommittedEvents } from '../core/api/committed-events.ts';
import type { Operations, StartRequest, SubmitRequest } from '../core/api/operations.ts';
import { peerKeysOf } from '../core/custody/protection.ts';
import { NotFound, StoreUnavailable } from '../core/errors.ts';
import { ENDING_EVENTS, type HoldfastEvent } from '../core/event/event.ts';
import {
  EXECUTION_ENDS,
  type Execution,
  type ExecutionStatus,
  type TaskFailure,
} from '../core/execution/execution.ts';
import { unpack } from '../core/execution/payload.ts';
import type { JsonValue } from '../core/json.ts';
import type { FailoverPolicy } from '../core/failover/policy.ts';
import { createNetworkView, type NetworkView } from '../core/network/view.ts';
import { HUB } from '../core/node/node.ts';
import { checkedNodeId } from '../core/node/topics.ts';
import { RunTimes } from '../core/placement/run-times.ts';
import { createPlacer } from '../core/placement/placer.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { ExecutionReader, TaskCounts } from '../core/ports/execution-store.ts';
import type { LinkClient } from '../core/ports/link-client.ts';
import type { NetworkStore } from '../core/ports/network-store.ts';
import type { PayloadStore } from '../core/ports/payload-store.ts';
import type { Slots } from '../core/ports/slots.ts';
import type { WorkflowStore } from '../core/ports/workflow-store.ts';
import type { Logger, TaskHandler, TaskModule } from '../core/task/handler.ts';
import type { Service } from '../lambdas/forward/ports.ts';
import { createTaskRunner } from '../lambdas/run/run.ts';
import { workServices } from '../lambdas/work/services.ts';
import { type Carrier, createCarrier } from './carrier.ts';
import { createEngine, type Engine } from './engine.ts';
import { committedEvents } from './committed.ts';
import { watchEndings } from './endings.ts';
import { follow } from './follow.ts';
import { createLogger } from './log.ts';
import { loadMachines } from './machines.ts';
import { checkOwner } from './owner.ts';
import { loadTasks } from './task-loader.ts';
import { telling, watchNetwork } from './unplaced.ts';

export interface OrchestratorOptions {
  /** Where the database and large payloads are; `:memory:` keeps nothing. @default '.holdfast' */
  dataDir?: string;
  /** Your handlers, by task type. @default none beside the shipped ones */
  tasks?: Record<string, TaskHandler | TaskModule>;
  /** Folders of handlers, one file a type; a file that is saved is taken up at once. @default none */
  taskDirs?: string[];
  /** Workflows running at once. @default 100 */
  maxWorkflows?: number;
  /** Tasks running at once. @default 1000 */
  maxTasks?: number;
  /** Tasks of a type running at once. @default what the type's file says, else unlimited */
  pools?: Record<string, number>;
  /** Offers `exec`, which runs processes on this machine. @default false */
  allowExec?: boolean;
  /** This host's own id among the nodes. @default 'hub' */
  nodeId?: string;
  /** What tasks that are placed by capability find here, beside what the node of its id is registered with. @default none */
  capabilities?: string[];
  /** Which channel to a neighbour before which. @default primary, secondary, satellite, mesh */
  failover?: FailoverPolicy;
  /** What protects bundles to and from a node: 32 bytes; undefined: nothing. @default what nodes that joined this host were given */
  bundleKey?: (nodeId: string) => Promise<Uint8Array | undefined>;
  /** With which bundles of a node that are under way may be protected besides. @default those of the nodes that joined this host */
  formerKeys?: (nodeId: string) => Promise<readonly Uint8Array[]>;
  /** @default the machine's own */
  clock?: Clock;
  /** @default warnings and errors, as JSON lines on standard error */
  logger?: Logger;
  /** Told once when the store can't be written any more; nothing acknowledged is lost. @default logged */
  onFailure?: (error: StoreUnavailable) => void;
}

export interface ExecutionResult {
  executionId: string;
  status: ExecutionStatus;
  output: JsonValue;
  errors: TaskFailure[];
  tasks: TaskCounts;
}

export interface Orchestrator extends Operations {
  /** Submits a workflow and starts it. */
  run(
    document: SubmitRequest['document'],
    request?: Omit<StartRequest, 'workflow' | 'version'>,
  ): Promise<Execution>;
  /** Resolves when the execution has ended. Errors: `NotFound`. */
  result(executionId: string): Promise<ExecutionResult>;
  /** Events in order from `fromSeq` (1), live, until the execution ends or `signal` is aborted. */
  events(
    executionId: string,
    options?: { fromSeq?: number; signal?: AbortSignal },
  ): AsyncIterable<HoldfastEvent>;
  /** What is durable, for looking at. */
  reader: ExecutionReader;
  workflows: WorkflowStore;
  payloads: PayloadStore;
  network: NetworkStore;
  nodes: SqliteNodeRegistry;
  slots: Slots;
  types: EmbeddedTaskTypes;
  committed: CommittedEvents;
  /** What is registered and measured of the network, for questions. */
  view: NetworkView;
  /** Moves what goes to other nodes and comes from them, once it is connected. */
  carrier: Carrier;
  /** Sends over these links from now on, and takes work of other nodes; `services` are further ones. */
  connect(links: LinkClient, services?: Readonly<Record<string, Service>>): Promise<void>;
  /** Set when the store has failed. */
  failure(): StoreUnavailable | undefined;
  /** Stops where it is; what had not ended goes on when the data directory is opened again. */
  close(): Promise<void>;
}

/** Opens the data directory and takes up whatever it was doing. Errors: `StoreUnavailable`, `InvalidInput`, with what to do about it. */
export async function openOrchestrator(options: OrchestratorOptions = {}): Promise<Orchestrator> {
  const { dataDir: given = '.holdfast', logger = createLogger('warn') } = options;
  const dataDir = given === ':memory:' ? given : resolve(given);
  checkOwner(dataDir, options.nodeId ?? HUB);
  const store = openStore({ dataDir, ...(options.clock && { clock: options.clock }) });
  try {
    return await assemble(store, dataDir, logger, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function assemble(
  store: EmbeddedStore,
  dataDir: string,
  logger: Logger,
  options: OrchestratorOptions,
): Promise<Orchestrator> {
  const {
    taskDirs = [],
    tasks = {},
    pools = {},
    maxWorkflows = 100,
    maxTasks = 1000,
    allowExec = false,
  } = options;
  const { nodeId = HUB, capabilities = [], clock = new SystemClock() } = options;
  const { bundleKey = (id) => store.nodes.bundleKey(id) } = options;
  const { formerKeys = (id) => store.nodes.formerKeys(id) } = options;
  const random = new SystemRandom();
  const slots = new MemorySlots();
  const here = checkedNodeId(nodeId);
  const payloads = dataDir === ':memory:' ? new MemoryPayloadStore() : new FilePayloadStore(dataDir);
  // Shipped handlers that keep files find their folder by it.
  if (dataDir !== ':memory:') process.env.HOLDFAST_DATA_DIR = dataDir;

  let engine: Engine | undefined;
  const sizePool = async (type: string) => {
    const size = pools[type] ?? types.offered(type)?.maxConcurrency;
    if (size !== undefined) await engine?.limitType(type, size);
  };
  const onOffered = (type: string) => {
    sizePool(type)
      .then(() => engine?.offered(type))
      .catch((error: unknown) =>
        logger.error('parked tasks could not be taken up', { type, error: String(error) }),
      );
  };
  const loaded = await loadTasks({ dirs: taskDirs, inline: tasks, allowExec, logger, onOffered });
  const { types } = loaded;

  let failure: StoreUnavailable | undefined;
  store.onFailure((error) => {
    failure = error;
    if (options.onFailure) options.onFailure(error);
    else logger.error(error.message, { fix: error.fix });
  });
  const runner = createTaskRunner({ types, executionStore: store.executions, payloads, clock, logger });
  let networkChanged = (): void => undefined;
  const network = telling(store.network, () => networkChanged());
  const view = createNetworkView({ network, clock });
  const carrier = createCarrier({
    node: here,
    store: { ...store, network },
    view,
    clock,
    random,
    logger,
    policy: options.failover,
    keys: {
      of: async (id) => {
        const key = await bundleKey(id);
        return key && peerKeysOf(key, await formerKeys(id));
      },
    },
  });
  const others = { here, work: carrier.work };
  const runTimes = new RunTimes();
  const placer = createPlacer({
    here: { id: here, capabilities },
    types,
    clock,
    runTimes,
    others: { network: view, reports: network, turns: new MemoryTurns() },
  });
  engine = await createEngine(
    {
      store: store.executions,
      workflows: store.workflows,
      payloads,
      slots,
      types,
      attempts: { abort: async (executionId, reason) => void runner.abort(executionId, undefined, reason) },
      runTask: async (call) => {
        const startedMs = clock.now();
        const result = await runner.call(call);
        if (result.ok) runTimes.ended(here, call.type, clock.now() - startedMs);
        return result;
      },
      runTimes,
      clock,
      ids: new UlidIds(clock, random),
      random,
      placer,
      others,
      machines: loadMachines(),
      onFault: (machine, name, { status, error, cause }) => {
        if (!failure) logger.error('a state machine stopped', { machine, name, status, error, cause });
      },
    },
    { maxWorkflows, maxTasks },
  );
  for (const type of new Set([...types.names(), ...Object.keys(pools)])) await sizePool(type);
  const committed = committedEvents(store);
  await engine.recover();

  const { operations } = engine;
  const { reader } = store;
  const endings = watchEndings(committed, reader);
  const closing = new AbortController();
  const { placeAgain, worker, takeAnswer } = engine;
  const onError = (error: unknown) => {
    if (!failure) logger.error('parked tasks could not be placed again', { error: String(error) });
  };
  networkChanged = watchNetwork({ placeAgain, clock, signal: closing.signal, onError });

  async function* events(
    executionId: string,
    { fromSeq = 1, signal }: { fromSeq?: number; signal?: AbortSignal } = {},
  ) {
    if (!(await reader.get(executionId))) throw unknownExecution(executionId);
    const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    for await (const event of follow({ reader, committed }, executionId, fromSeq - 1, either)) {
      yield event;
      if (ENDING_EVENTS.has(event.type) && (await hasEnded(reader, event))) return;
    }
  }

  return {
    ...operations,
    reader,
    workflows: store.workflows,
    payloads,
    network,
    nodes: store.nodes,
    slots,
    types,
    committed,
    events,
    view,
    carrier,
    connect: (links, services) =>
      carrier.begin(links, { ...workServices({ worker: worker!, takeAnswer }), ...services }),
    failure: () => failure,
    async run(document, request) {
      const { workflow } = await operations.submit({ document });
      const { execution } = await operations.start({
        ...request,
        workflow: workflow.name,
        version: workflow.version,
      });
      return execution;
    },
    async result(executionId) {
      const execution = await endings.of(executionId);
      if (!execution) throw unknownExecution(executionId);
      const { status, errors } = execution;
      const [output, tasks] = [await unpack(execution, payloads), await reader.counts(executionId)];
      return { executionId, status, output, errors, tasks };
    },
    async close() {
      closing.abort();
      endings.close(
        new StoreUnavailable('the orchestrator is closed', 'Open it again: what had not ended goes on.'),
      );
      loaded.close();
      await carrier.stop();
      const stopped = engine.stop();
      runner.stop();
      await stopped;
      store.close();
    },
  };
}

const unknownExecution = (id: string): NotFound =>
  new NotFound(`there is no execution "${id}"`, 'Use an id that start returned.');

/** An ending event may be followed by a redrive; the last one tells of the state that stands. */
async function hasEnded(reader: ExecutionReader, { executionId, seq }: HoldfastEvent): Promise<boolean> {
  const [later] = await reader.events(executionId, { afterSeq: seq, limit: 1 });
  const execution = await reader.get(executionId);
  return later === undefined && execution !== undefined && EXECUTION_ENDS.includes(execution.status);
}
