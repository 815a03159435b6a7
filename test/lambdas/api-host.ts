/** The API over the real engine on SQLite in memory: a host without a network. */
import { SystemClock } from '../../adapters/system/clock.ts';
import { UlidIds } from '../../adapters/system/ids.ts';
import { NoDeadLetters } from '../../adapters/embedded/dead-letters.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { MemorySlots } from '../../adapters/embedded/slots.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import { EmbeddedTaskTypes } from '../../adapters/embedded/task-types.ts';
import { MemoryTickets } from '../../adapters/embedded/tickets.ts';
import { JOIN_TOKEN_MS } from '../../core/api/enrolment.ts';
import { queuesOf } from '../../core/custody/queues.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { HUB } from '../../core/node/node.ts';
import type { TaskHandler } from '../../core/task/handler.ts';
import { committedEvents } from '../../embedded/committed.ts';
import { createEngine } from '../../embedded/engine.ts';
import { createLogger } from '../../embedded/log.ts';
import { loadMachines } from '../../embedded/machines.ts';
import { createMetrics } from '../../embedded/metrics.ts';
import { type ApiDependencies, createApi } from '../../lambdas/api/api.ts';
import { createEnrol } from '../../lambdas/enrol/enrol.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { createTaskRunner } from '../../lambdas/run/run.ts';

const HANDLERS: Record<string, TaskHandler> = {
  echo: ((input: JsonValue) => input) as TaskHandler,
  fail: () => {
    throw new Error('it always does');
  },
  large: () => 'x'.repeat(300 * 1024),
};

export async function openApiHost(overrides: Partial<ApiDependencies> = {}) {
  const store = openStore({ dataDir: ':memory:' });
  const clock = new SystemClock();
  const random = new SystemRandom();
  const ids = new UlidIds(clock, random);
  const slots = new MemorySlots();
  const payloads = new MemoryPayloadStore();
  const types = new EmbeddedTaskTypes();
  for (const [type, handler] of Object.entries(HANDLERS)) types.offer(type, { handler, source: 'test' });
  const logger = createLogger('silent');
  const runner = createTaskRunner({ types, executionStore: store.executions, payloads, clock, logger });
  const engine = await createEngine(
    {
      store: store.executions,
      workflows: store.workflows,
      payloads,
      slots,
      types,
      attempts: { abort: async (executionId, reason) => void runner.abort(executionId, undefined, reason) },
      runTask: runner.call,
      clock,
      ids,
      random,
      machines: loadMachines(),
      onFault: () => undefined,
    },
    { maxWorkflows: 100, maxTasks: 1000 },
  );
  const committed = committedEvents(store);
  const { reader, workflows } = store;
  const tickets = new MemoryTickets(clock);
  const joinTokens = new MemoryTickets(clock, JOIN_TOKEN_MS);
  const metrics = await createMetrics({ reader, committed, slots });
  const faults: Record<string, unknown>[] = [];
  const app = createApi({
    operations: engine.operations,
    reader,
    workflows,
    taskTypes: types,
    slots,
    payloads,
    committed,
    deadLetters: new NoDeadLetters(),
    network: createNetwork({ network: store.network, clock, ids }),
    enrolment: createEnrol({
      network: store.network,
      registry: store.nodes,
      isSecret: (nodeId, secret) => store.nodes.isSecret(nodeId, secret),
      tokens: joinTokens,
      hub: HUB,
      isOpen: false,
    }),
    queues: () => queuesOf({ node: HUB, custody: store.custody, clock }),
    tickets,
    caller: () => ({
      principal: { subject: 'test' },
      socketUrl: 'wss://events.example.org/ws',
      brokerUrl: 'wss://nodes.example.org/mqtt',
    }),
    health: async () => ({ store: { ok: true } }),
    metrics: metrics.render,
    clock,
    ids,
    logger: { error: (message, fields) => void faults.push({ message, ...fields }) },
    version: '0.0.0',
    ...overrides,
  });
  return {
    app,
    operations: engine.operations,
    reader,
    committed,
    clock,
    ids,
    tickets,
    custody: store.custody,
    faults,
    close: async () => {
      await engine.stop();
      store.close();
    },
  };
}

export type ApiHost = Awaited<ReturnType<typeof openApiHost>>;

export const WORKFLOW: JsonObject & { name: string } = {
  name: 'greet',
  variables: [{ name: 'who', default: 'you' }],
  tasks: [
    { id: 'hello', type: 'echo', input: { text: 'hello ${variables.who}' } },
    { id: 'bye', type: 'echo', input: { text: 'bye' }, dependsOn: ['hello'] },
  ],
};
