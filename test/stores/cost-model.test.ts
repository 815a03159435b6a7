/** The units that the cost model puts down for each port call are no fewer than DynamoDB says that the adapters consume. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventLog } from '../../adapters/aws/event-log.ts';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { Book } from '../../core/cost/book.ts';
import { report } from '../../core/cost/outbox.ts';
import { createPortCalls, type PortCalls } from '../../core/cost/port-calls.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { Execution } from '../../core/execution/execution.ts';
import { ask, edge, event, pending, seed, started, T0 } from '../ports/execution-fixtures.ts';
import { describeStores } from './dynamodb.ts';
import { newsIn } from './pump.ts';
import { type DynamoSubject, openSubject } from './subject.ts';
import { WatchedClient } from './watched-client.ts';

const ID = 'ex_01K0000000000000000000000';
/** As long as those of Step Functions. */
const TOKEN = 'x'.repeat(800);

describeStores('The cost model', () => {
  let subject: DynamoSubject;
  let watched: WatchedClient;
  let table: ItemTable;
  let store: DynamoExecutionStore;

  beforeEach(async () => {
    subject = await openSubject();
    watched = new WatchedClient();
    table = new ItemTable(watched.client, subject.opened.tableName);
    store = new DynamoExecutionStore(table);
  });
  afterEach(() => subject.close());

  /** What it consumes, beside what the model says. */
  async function held(
    what: string,
    work: () => Promise<unknown>,
    model: (calls: PortCalls, execution: Execution) => void,
  ): Promise<void> {
    const before = { writes: watched.writeUnits, reads: watched.readUnits };
    await work();
    const consumed = { writes: watched.writeUnits - before.writes, reads: watched.readUnits - before.reads };
    const book = new Book();
    model(createPortCalls(book), (await subject.store.get(ID))!);
    const { writeUnits = 0, readUnits = 0 } = book.units;
    expect(writeUnits, `${what}: write units`).toBeGreaterThanOrEqual(consumed.writes);
    expect(readUnits, `${what}: read units`).toBeGreaterThanOrEqual(consumed.reads);
    // Nor is it beyond all measure.
    expect(writeUnits + readUnits, what).toBeLessThanOrEqual(2 * (consumed.writes + consumed.reads) + 3);
  }

  const claim = (taskId: string) =>
    ask(ID, taskId, {
      from: ['READY'],
      attempt: 0,
      set: { status: 'RUNNING', attempt: 1, startedMs: T0 + 2, dueMs: undefined, reason: undefined },
      events: [event('task.started', { taskId, attempt: 1 })],
    });
  const success = (taskId: string, output: unknown, more = {}) =>
    ask(ID, taskId, {
      set: { status: 'SUCCEEDED', output: output as never, endedMs: T0 + 3, dueMs: undefined },
      events: [event('task.succeeded', { taskId, attempt: 1 })],
      ...more,
    });

  it('covers a task from its claim to its end, with small outputs and large ones', async () => {
    const seeds = [
      seed(0, { inner: true }),
      seed(1, { inner: true }),
      pending(2, 2, { parents: 2 }),
      seed(3),
    ];
    await started(store, ID, seeds);
    const task = { taskId: 't0', type: 'pass' };
    await held(
      'task',
      () => store.task({ executionId: ID, taskId: 't0' }),
      (calls, execution) => calls.task(execution, task),
    );
    await held(
      'claim',
      () => store.changeTask(claim('t0')),
      (calls, execution) => calls.changeTask(execution, task),
    );
    const resolve = [edge('t2', { parents: 2, place: 0 })];
    const small = { n: 1 };
    await held(
      'end',
      () => store.changeTask(success('t0', small, { resolve })),
      (calls, execution) => calls.changeTask(execution, { ...task, output: small }, { children: [2] }),
    );
    const large = { text: 'a'.repeat(900), n: Array.from({ length: 3000 }, (_, at) => at) };
    await store.changeTask(claim('t1'));
    await held(
      'end with a large output',
      () => store.changeTask(success('t1', large, { resolve: [edge('t2', { parents: 2, place: 1 })] })),
      (calls, execution) => calls.changeTask(execution, { ...task, output: large }, { children: [2] }),
    );
    await held(
      'task with a large output',
      () => store.task({ executionId: ID, taskId: 't1' }),
      (calls, execution) => calls.task(execution, { ...task, output: large }),
    );
    await store.changeTask(claim('t3'));
    await held(
      'one of the last',
      () => store.changeTask(success('t3', small)),
      (calls, execution) => calls.changeTask(execution, { ...task, output: small }, { lasts: 2 }),
    );
    await held(
      'all tasks',
      () => store.tasks(ID),
      (calls, execution) =>
        calls.tasks(
          execution,
          seeds.map(() => task),
          [{ ...task, output: large }],
        ),
    );
    await held(
      'whether all have ended',
      () => store.allEnded(ID),
      (calls, execution) => calls.allEnded(execution),
    );
  });

  it('covers a fan-in through gates', async () => {
    const parents = 120;
    const seeds = Array.from({ length: parents + 1 }, (_, at) =>
      at < parents ? seed(at, { inner: true }) : pending(at, parents, { parents }),
    );
    await started(store, ID, seeds);
    for (let at = 0; at < parents; at++) await store.changeTask(claim(`t${at}`));
    await held(
      'every parent',
      async () => {
        for (let at = 0; at < parents; at++) {
          const resolve = [edge(`t${parents}`, { parents, place: at })];
          await store.changeTask(success(`t${at}`, { at }, { resolve }));
        }
      },
      (calls, execution) => {
        for (let at = 0; at < parents; at++)
          calls.changeTask(
            execution,
            { taskId: `t${at}`, type: 'pass', output: { at } },
            { children: [parents] },
          );
      },
    );
  });

  it('covers an execution from its start to its end', async () => {
    const seeds = Array.from({ length: 60 }, (_, at) => seed(at));
    const contents = seeds.map(({ taskId, type }) => ({ taskId, type }));
    const execution: Parameters<typeof store.create>[0] = {
      id: ID,
      kind: 'workflow',
      workflow: 'w',
      version: 1,
      definitionHash: 'h'.repeat(64),
      priority: 5,
      variables: { who: 'me' },
      after: [],
      correlationId: 'c',
      requestHash: 'r'.repeat(64),
      submittedMs: T0,
    };
    await held(
      'create',
      () => store.create(execution, [event('execution.submitted')]),
      (calls, made) => calls.createExecution(made),
    );
    await held(
      'get',
      () => store.get(ID),
      (calls, made) => calls.getExecution(made),
    );
    const change = (set: object, more: object = {}) =>
      store.change({
        id: ID,
        expect: { statuses: ['QUEUED', 'RUNNING'] },
        set,
        atMs: T0 + 1,
        durability: 'durable',
        ...more,
      });
    await held(
      'a token',
      () => change({ admitToken: TOKEN }),
      (calls, made) => calls.changeExecution(made),
    );
    await held(
      'lay-out',
      () => change({ status: 'RUNNING', startedMs: T0 }, { seeds }),
      (calls, made) => {
        calls.changeExecution(made, 'there');
        calls.layOut(contents, 2, seeds.length);
      },
    );
    await held(
      'another token',
      () => change({ token: TOKEN }),
      (calls, made) => calls.changeExecution(made),
    );
    for (const { taskId } of seeds) {
      await store.changeTask(claim(taskId));
      await store.changeTask(success(taskId, 1));
    }
    await held(
      'end',
      () =>
        change({
          status: 'SUCCEEDED',
          endedMs: T0 + 9,
          output: { done: true },
          token: undefined,
          admitToken: undefined,
        }),
      (calls, made) => {
        calls.changeExecution(made, 'moved');
        calls.countTasks(made, contents);
      },
    );
    await held(
      'dependents',
      () => store.dependents(ID),
      (calls) => calls.dependents(),
    );
  });

  it('covers a wait for a signal', async () => {
    await started(store, ID, [seed(0)]);
    const task = { taskId: 't0', type: 'signal' };
    const wait = ask(ID, 't0', {
      from: ['READY'],
      attempt: 0,
      set: { status: 'WAITING', attempt: 1, startedMs: T0 },
    });
    await held(
      'its wait',
      () => store.changeTask(wait),
      (calls, execution) => calls.changeTask(execution, task),
    );
    const signal = { id: 's1', name: 't0', payload: { approved: true }, atMs: T0 };
    const received = event('signal.received', { data: { name: 't0', payload: signal.payload } });
    await held(
      'the signal',
      () => store.putSignal(ID, signal, received),
      (calls, execution) => calls.putSignal(execution, signal.payload),
    );
    await held(
      'the newest signal',
      () => store.signal(ID, 't0'),
      (calls) => calls.signal(),
    );
    await held(
      'checkpoint',
      () => store.checkpoint({ executionId: ID, taskId: 't0' }),
      (calls) => calls.checkpoint(),
    );
  });

  it('covers the log, by the batch', async () => {
    const count = 20;
    await started(
      store,
      ID,
      Array.from({ length: count }, (_, at) => seed(at)),
    );
    for (let at = 0; at < count; at++) await store.changeTask(claim(`t${at}`));
    const log = new EventLog(table);
    const events: HoldfastEvent[] = [];
    let consumed = { writes: 0, reads: 0 };
    await subject.stream.drain(async (records) => {
      const news = newsIn(records);
      events.push(...news.flatMap((one) => one.events.map((own) => ({ ...own, executionId: ID, seq: 1 }))));
      const before = { writes: watched.writeUnits, reads: watched.readUnits };
      await log.append(news);
      consumed = {
        writes: consumed.writes + watched.writeUnits - before.writes,
        reads: consumed.reads + watched.readUnits - before.reads,
      };
    });
    const book = new Book();
    report(
      book,
      events.map((own) => ({ atMs: 0, event: own })),
    );
    expect(book.units.writeUnits).toBeGreaterThanOrEqual(consumed.writes);
    expect(book.units.readUnits).toBeGreaterThanOrEqual(consumed.reads);
  });
});
