/** What the store keeps in memory must never differ from what its rows say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EmbeddedStore, openStore } from '../../../adapters/embedded/store.ts';
import { canonicalJson, type JsonValue } from '../../../core/json.ts';
import { TASK_ENDS, type TaskStatus } from '../../../core/execution/execution.ts';
import { ask, edge, event, newExecution, pending, seed, T0 } from '../../ports/execution-fixtures.ts';

const ID = fc.constantFrom('e1', 'e2', 'e3');
const PLACE = fc.nat(5);
const STATUS = fc.constantFrom<TaskStatus>('READY', 'RUNNING', 'WAITING', 'PARKED', 'SUCCEEDED', 'FAILED');
const OUTPUT = fc.constantFrom(undefined, null, { ok: true }, 'x'.repeat(1000));
const DURABILITY = fc.constantFrom('durable' as const, 'ordered' as const);

const STEP = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), id: ID }),
  fc.record({ kind: fc.constant('layOut' as const), id: ID, ended: fc.boolean(), turned: fc.boolean() }),
  fc.record({
    kind: fc.constant('task' as const),
    id: ID,
    place: PLACE,
    child: PLACE,
    status: STATUS,
    output: OUTPUT,
    durability: DURABILITY,
  }),
  fc.record({ kind: fc.constant('cancel' as const), id: ID }),
  fc.record({ kind: fc.constant('commit' as const) }),
  fc.record({ kind: fc.constant('reopen' as const) }),
  fc.record({ kind: fc.constant('crash' as const) }),
);
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

const CACHED = { all: undefined, few: 3, none: 0 };

class Trial {
  readonly #options;
  #turns: (() => void)[] = [];
  store: EmbeddedStore;
  #durable: string;

  constructor(dataDir: string, cachedRecordsMax: number | undefined) {
    this.#options = { dataDir, cachedRecordsMax, defer: (turn: () => void) => void this.#turns.push(turn) };
    this.store = openStore(this.#options);
    this.#durable = '[]';
  }

  async take(step: Step): Promise<void> {
    const { executions } = this.store;
    const events = [event('task.started')];
    if (step.kind === 'create') void executions.create(newExecution(step.id), events).catch(() => undefined);
    if (step.kind === 'layOut') {
      const seeds = Array.from({ length: 6 }, (_, at) => {
        const taskId = `t${step.turned ? 5 - at : at}`;
        return at < 3 || step.ended
          ? seed(at, { taskId, status: step.ended ? 'SUCCEEDED' : 'READY' })
          : pending(at, 2, { taskId });
      });
      await this.#change(step.id, { run: 2 }, { seeds });
    }
    if (step.kind === 'cancel') await this.#change(step.id, { status: 'CANCELLED' }, { cancelOpen: 'no' });
    if (step.kind === 'task') await this.#changeTask(step);
    if (step.kind === 'commit') await this.#commit();
    if (step.kind === 'reopen') {
      await this.#commit();
      this.store.close();
      await this.#open();
    }
    if (step.kind === 'crash') {
      this.store.crash();
      await this.#open();
    }
  }

  async #change(id: string, set: object, more: object): Promise<void> {
    const expected = { statuses: ['QUEUED', 'RUNNING', 'CANCELLED'] as const };
    const change = { id, expect: expected, set, atMs: T0, durability: 'ordered' as const, ...more };
    await this.store.executions.change({ ...change, events: [event('execution.resumed')] });
  }

  async #changeTask(step: Step & { kind: 'task' }): Promise<void> {
    const task = await this.store.executions.task({ executionId: step.id, taskId: `t${step.place}` });
    if (!task) return;
    const child = await this.store.executions.task({ executionId: step.id, taskId: `t${step.child}` });
    const change = ask(step.id, task.taskId, {
      from: [task.status],
      attempt: task.attempt,
      executionStatuses: ['QUEUED', 'CANCELLED'],
      set: {
        status: step.status,
        attempt: task.attempt + 1,
        ...('output' in step && { output: step.output }),
      },
      resolve: child && child.taskId !== task.taskId ? [edge(child.taskId)] : [],
      events: [event('task.started', { taskId: task.taskId })],
      durability: step.durability,
    });
    const changed = this.store.executions.changeTask(change);
    changed.catch(() => undefined);
    if (step.durability === 'ordered') expect(await changed).toMatchObject({ applied: true });
  }

  async #commit(): Promise<void> {
    this.#durable = await this.#image();
    for (let turn = this.#turns.pop(); turn; turn = this.#turns.pop()) turn();
    expect(await this.#image()).toBe(this.#durable);
    await this.#audit();
  }

  async #open(): Promise<void> {
    this.store = openStore(this.#options);
    expect(await this.#image()).toBe(this.#durable);
    await this.#audit();
  }

  /** Everything the store says. */
  async #image(): Promise<string> {
    const { executions } = this.store;
    const all = [];
    for (const id of ['e1', 'e2', 'e3']) {
      const execution = await executions.get(id);
      if (execution) all.push(execution, await executions.tasks(id));
    }
    return canonicalJson(JSON.parse(JSON.stringify(all)) as JsonValue);
  }

  /** Counters, events and what the reader says agree with the tasks. */
  async #audit(): Promise<void> {
    const { executions, reader } = this.store;
    let total = 0;
    for (const id of ['e1', 'e2', 'e3']) {
      const execution = await executions.get(id);
      if (!execution) continue;
      const tasks = await executions.tasks(id);
      expect(await reader.tasks(id, { limit: 100 })).toEqual(tasks);
      const open = tasks.filter(({ status }) => !TASK_ENDS.includes(status)).length;
      expect(await reader.get(id)).toEqual({ ...execution, open });
      expect(execution.total).toBe(tasks.length);
      const seqs = (await reader.events(id, { limit: 10_000 })).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, at) => at + 1));
      total += tasks.length;
    }
    const totals = Object.values((await reader.totals()).tasks);
    expect(totals.reduce((sum, count) => sum + count, 0)).toBe(total);
  }
}

describe('the write-back cache', () => {
  it.each(Object.entries(CACHED))(
    'says after a restart or crash what was durable before (%s cached)',
    async (_, cached) => {
      await fc.assert(
        fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 40 }), async (steps) => {
          const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-cache-'));
          const trial = new Trial(dataDir, cached);
          try {
            for (const step of [...steps, { kind: 'reopen' } as const]) await trial.take(step);
          } finally {
            trial.store.close();
            rmSync(dataDir, { recursive: true });
          }
        }),
        { numRuns: 20 },
      );
    },
  );
});
