/** The use cases on SQLite with a dispatcher that only writes down what it was asked to start: whatever is started is lost. */
import { MemorySlots } from '../../adapters/embedded/slots.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { createExecutions } from '../../core/execution/create.ts';
import { createRepair } from '../../core/execution/repair.ts';
import { createServices } from '../../core/execution/services.ts';
import { hashJson } from '../../core/hash.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { SlotRequest } from '../../core/ports/slots.ts';
import type { TaskSeed } from '../../core/ports/execution-store.ts';
import type { Timer } from '../../core/ports/timers.ts';
import { createPlacer } from '../../core/placement/placer.ts';
import { parseWorkflow } from '../../core/workflow/parse.ts';
import { answerWith } from '../../lambdas/answer.ts';
import { createPark } from '../../lambdas/park/park.ts';
import { createMend } from '../../lambdas/mend/mend.ts';
import { createRoute } from '../../lambdas/route/route.ts';
import { createSettle } from '../../lambdas/settle/settle.ts';
import { createSweep } from '../../lambdas/sweep/sweep.ts';
import { VirtualClock } from '../embedded/virtual-clock.ts';

export const MINUTE_MS = 60_000;

/** As on a host whose places outlive the functions that ask for them. */
class LastingSlots extends MemorySlots {
  readonly #holders = new Set<string>();

  override acquire(request: SlotRequest): Promise<boolean> {
    this.#holders.add(request.holder);
    return super.acquire(request);
  }

  override release(holder: string): Promise<string[]> {
    this.#holders.delete(holder);
    return super.release(holder);
  }

  override holders(executionId = ''): Promise<string[]> {
    return Promise.resolve([...this.#holders].filter((holder) => holder.split('/')[1] === executionId));
  }
}

export async function openLostWork(document: JsonObject) {
  const store = openStore({ dataDir: ':memory:' });
  const clock = new VirtualClock();
  const started: string[] = [];
  const answered: string[] = [];
  const ports = {
    store: store.executions,
    reader: store.reader,
    workflows: store.workflows,
    payloads: new MemoryPayloadStore(),
    slots: new LastingSlots(),
    types: {
      find: async (type: string) => ({ type, functionName: type, long: type === 'long' }),
      list: async () => [],
    },
    dispatcher: { start: async (machine: string, name: string) => void started.push(`${machine} ${name}`) },
    timers: {
      set: async ({ timestamp, ref: { executionId, taskId } }: Timer) =>
        void started.push(`timer ${executionId}/${taskId} ${timestamp}`),
    },
    tokens: {
      succeed: async (token: string) => void answered.push(token),
      fail: async (token: string, error: string) => void answered.push(`${token} ${error}`),
    },
    attempts: { abort: async () => undefined },
    ids: { next: (prefix: string) => `${prefix}_1` },
    random: { next: () => 0.5 },
    clock,
    placer: createPlacer({
      here: { id: 'hub', capabilities: [] },
      types: { find: async (type) => ({ type, functionName: type }) },
      clock,
    }),
  };
  const base = { ...ports, ...createServices(ports) };
  const answer = answerWith(base);
  const definition = parseWorkflow(document);
  const definitionHash = hashJson(definition as unknown as JsonValue);
  await store.workflows.putDefinition(definition, definitionHash, 0);
  const create = (id: string) =>
    createExecutions({ ...base, ids: { next: () => id } })({
      kind: 'workflow',
      workflow: definition.name,
      version: 1,
      definitionHash,
      priority: 5,
      variables: {},
      after: [],
    });
  return {
    store,
    clock,
    slots: ports.slots,
    started,
    answered,
    create,
    mend: createMend({
      ...base,
      repair: createRepair(base),
      patience: { firstMs: 5 * MINUTE_MS, mostMs: 60 * MINUTE_MS, answersMs: 240 * MINUTE_MS },
    }),
    settle: createSettle({ ...base, answer }),
    sweep: createSweep(base),
    route: createRoute(base),
    park: createPark({ ...base, answer, redrive: async (id) => void started.push(`redrive ${id}`) }),
    /** An execution whose tasks are laid out at the clock's time, and nobody is told of. */
    async run(seeds: TaskSeed[], deadlineMs?: number): Promise<string> {
      await create('e1');
      started.length = 0;
      await store.executions.change({
        id: 'e1',
        expect: { statuses: ['QUEUED'] },
        set: { status: 'RUNNING', startedMs: clock.now(), deadlineMs },
        seeds,
        atMs: clock.now(),
        durability: 'durable',
      });
      return 'e1';
    },
  };
}
