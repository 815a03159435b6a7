/** From a committed write to everyone who hears of it, over a real table and its stream. */
import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PolledEvents } from '../../adapters/aws/committed-events.ts';
import type { News } from '../../adapters/aws/news.ts';
import { dispatchRecord, reportRecord } from '../../adapters/aws/outbox.ts';
import { DynamoSubscriptions } from '../../adapters/aws/subscriptions.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { createCaughtUp } from '../../core/api/caught-up.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { createPush } from '../../core/socket/push.ts';
import { createDispatch } from '../../lambdas/dispatch/dispatch.ts';
import { createReport } from '../../lambdas/report/report.ts';
import { createStoredSocket } from '../../lambdas/socket/stored-socket.ts';
import { Gateway } from '../lambdas/gateway.ts';
import { Client } from '../lambdas/socket.suite.ts';
import {
  ask,
  claim,
  edge,
  event,
  newExecution,
  pending,
  seed,
  started,
  T0,
} from '../ports/execution-fixtures.ts';
import { describeStores } from './dynamodb.ts';
import { type DynamoSubject, openSubject } from './subject.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const clock = new SystemClock();

/** Everything behind the stream, with the clients' side and the bus in the test's hands. */
function host({ table, log, reader, store }: DynamoSubject) {
  const gateway = new Gateway();
  const subscriptions = new DynamoSubscriptions(table, clock);
  let ids = 0;
  const common = { subscriptions, clock, ids: { next: () => `id${++ids}` }, logger: quiet };
  const push = createPush({ ...common, connections: gateway, reader });
  const socket = createStoredSocket({ ...common, push, positions: log, executions: store });
  const published: HoldfastEvent[] = [];
  const counts = new Map<string, number>();
  const report = createReport<News>({
    log,
    push,
    bus: { publish: async (events) => void published.push(...events) },
    metrics: {
      count: (name, label) => counts.set(`${name} ${label}`, (counts.get(`${name} ${label}`) ?? 0) + 1),
      measure: (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
      flush: () => undefined,
    },
    logger: quiet,
  });
  const connect = async (id: string) => {
    const client = new Client();
    gateway.clients.set(id, client);
    await socket.connect(id, { subject: 'test' });
    return { client, ask: (message: object) => socket.message(id, JSON.stringify(message)) };
  };
  return { gateway, report, connect, published, counts };
}

const idOf = ({ dynamodb }: _Record) => dynamodb!.SequenceNumber!;
const reportRecords = (records: _Record[]) =>
  records.map((record) => reportRecord(idOf(record), record as DynamoDBRecord));

describeStores('Behind the stream of a table', () => {
  let subject: DynamoSubject;
  beforeAll(async () => {
    subject = await openSubject();
  });
  afterAll(() => subject.close());
  /** Hands on the records of all writes so far; they can be handed on again. */
  const drain = async (take: (records: _Record[]) => Promise<unknown>) => {
    const all: _Record[] = [];
    await subject.stream.drain(async (records) => {
      all.push(...records);
      await take(records);
    });
    return all;
  };
  const succeed = (id: string, taskId: string, children: string[] = []) =>
    subject.store.changeTask(
      ask(id, taskId, {
        set: { status: 'SUCCEEDED', endedMs: T0 + 3 },
        resolve: children.map((child) => edge(child)),
        events: [event('task.succeeded', { taskId, atMs: T0 + 3 })],
      }),
    );

  it('everyone hears of every write, once and in order, though the stream delivers it twice', async () => {
    const { store, reader, log } = subject;
    const { report, connect, published, counts, gateway } = host(subject);
    const all = await connect('all');
    await all.ask({ type: 'subscribe', id: 's', batch: true });
    await started(store, 'ex-a', [seed(0), pending(1, 1)]);
    await started(store, 'ex-b', [seed(0)]);
    await claim(store, 'ex-a', 't0');
    await succeed('ex-a', 't0', ['t1']);
    const records = await drain(async (batch) => expect(await report(reportRecords(batch))).toBeUndefined());
    const one = await connect('one');
    await one.ask({ type: 'subscribe', id: 's', executionId: 'ex-a', fromSeq: 2 });
    await claim(store, 'ex-a', 't1');
    await drain((batch) => report(reportRecords(batch)));

    const stored = await reader.events('ex-a', { limit: 100 });
    expect(stored.map(({ seq, type, taskId }) => [seq, type, taskId])).toEqual([
      [1, 'execution.submitted', undefined],
      [2, 'execution.started', undefined],
      [3, 'task.started', 't0'],
      [4, 'task.succeeded', 't0'],
      [5, 'task.started', 't1'],
    ]);
    expect(one.client.events('s')).toEqual(stored.slice(1));
    expect(all.client.events('s')).toEqual((await reader.feed(0, 100)).events);
    expect(all.client.events('s').filter(({ executionId }) => executionId === 'ex-a')).toEqual(stored);
    expect(published.filter(({ executionId }) => executionId === 'ex-a')).toEqual(stored.slice(0, 2));
    expect(Object.fromEntries(counts)).toEqual({
      'workflows_total submitted': 2,
      'tasks_total succeeded': 1,
      task_attempt_duration_seconds: 1,
    });

    const { posts } = gateway;
    await report(reportRecords(records));
    expect(await reader.events('ex-a', { limit: 100 })).toEqual(stored);
    expect(gateway.posts).toBe(posts);
    expect(await log.newest('ex-a')).toBe(5);
  });

  it('a subscriber without a start hears of what is new only', async () => {
    const { store } = subject;
    const { report, connect } = host(subject);
    await started(store, 'ex-c', [seed(0)]);
    await drain((batch) => report(reportRecords(batch)));
    const { client, ask: say } = await connect('late');
    await say({ type: 'subscribe', id: 's', executionId: 'ex-c' });
    await claim(store, 'ex-c', 't0');
    await drain((batch) => report(reportRecords(batch)));
    expect(client.events('s').map(({ seq }) => seq)).toEqual([3]);
  });

  it('the log catches up with an end, and who waits for it finds it', async () => {
    const { store, reader, log } = subject;
    const { report } = host(subject);
    const hasCaughtUp = createCaughtUp(log, reader);
    await started(store, 'ex-d', [seed(0)]);
    await store.change({
      id: 'ex-d',
      expect: { statuses: ['RUNNING'] },
      set: { status: 'CANCELLED', endedMs: T0 + 9 },
      cancelOpen: 'by request',
      events: [event('execution.cancelled', { atMs: T0 + 9 })],
      atMs: T0 + 9,
      durability: 'durable',
    });
    const execution = (await store.get('ex-d'))!;
    expect(await hasCaughtUp(execution)).toBe(false);
    const polled = new PolledEvents({ reader, positions: log, clock, logger: quiet, intervalMs: 1 });
    const found = new Promise<void>((resolve) => {
      const stop = polled.onCommitted(
        (events) => {
          if (!events.some(({ event: { type } }) => type === 'execution.cancelled')) return;
          stop();
          resolve();
        },
        { executionId: 'ex-d', afterSeq: 0 },
      );
    });
    await drain((batch) => report(reportRecords(batch)));
    await found;
    expect(await hasCaughtUp(execution)).toBe(true);
  });

  it('what nobody took up is started, and nothing else', async () => {
    const { store } = subject;
    const begun = new Set<string>();
    const dispatch = createDispatch({
      store,
      dispatcher: { start: async (machine, name) => void begun.add(`${machine} ${name}`) },
      logger: quiet,
    });
    await drain(async () => undefined);
    await store.create(newExecution('ex-left'), [event('execution.submitted')]);
    await started(store, 'ex-e', [seed(0), pending(1, 1), pending(2, 1), pending(3, 2)]);
    await claim(store, 'ex-e', 't0');
    await succeed('ex-e', 't0', ['t1', 't2', 't3']);
    await claim(store, 'ex-e', 't2');
    await drain((batch) =>
      dispatch(batch.map((record) => dispatchRecord(idOf(record), record as DynamoDBRecord))),
    );
    expect(begun).toEqual(new Set(['task ex-e/t1', 'workflow ex-left/1']));
  });
});
