/** A process that dies between any two calls, and what repeats its work, leave what one that lives leaves. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import type { ExecutionChange, ExecutionStore, TaskChange } from '../../core/ports/execution-store.ts';
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
import { Crash, WatchedClient } from './watched-client.ts';

interface Scene {
  /** Calls from one death to the next, where many of them are alike; 1 unless given. */
  step?: number;
  prepare(store: ExecutionStore, id: string): Promise<unknown>;
  act(store: ExecutionStore, id: string): Promise<unknown>;
}

const GATED = Array.from({ length: 60 }, (_, index) => seed(index + 3, { inner: true }));
const SEEDS = [
  seed(0, { inner: true }),
  pending(1, 1),
  pending(2, 61, { taskId: 'join', parents: 61 }),
  ...GATED,
];

const end = (id: string): TaskChange =>
  ask(id, 't0', {
    set: { status: 'SUCCEEDED', output: 'x'.repeat(5000), endedMs: T0 + 3 },
    resolve: [edge('t1', { unmet: 1 }), edge('join', { parents: 61, place: 60 })],
    events: [event('task.succeeded', { taskId: 't0' })],
  });

const cancel = (id: string): ExecutionChange => ({
  id,
  expect: { statuses: ['RUNNING'] },
  set: { status: 'CANCELLED', endedMs: T0 + 5 },
  cancelOpen: 'by request',
  events: [event('execution.cancelled')],
  atMs: T0 + 5,
  durability: 'durable',
});

const redrive = (id: string): ExecutionChange => ({
  id,
  expect: { statuses: ['CANCELLED'], run: 1 },
  set: { status: 'QUEUED', run: 2, endedMs: undefined },
  seeds: [
    seed(0, { status: 'SUCCEEDED' }),
    seed(1, { output: 'y'.repeat(3000) }),
    seed(2, { taskId: 'new' }),
  ],
  events: [event('execution.redriven')],
  atMs: T0 + 6,
  durability: 'durable',
});

const SCENES: Record<string, Scene> = {
  'the start of an execution': {
    prepare: () => Promise.resolve(),
    act: (store, id) =>
      store.create(newExecution(id, { variables: { big: 'v'.repeat(3000) }, after: [`${id}-before`] }), [
        event('execution.submitted'),
      ]),
  },
  'the lay-out of tasks': {
    step: 9,
    prepare: (store, id) => store.create(newExecution(id), []),
    act: async (store, id) => {
      const { execution } = await store.change({
        id,
        expect: { statuses: ['QUEUED'] },
        set: { status: 'RUNNING' },
        seeds: SEEDS,
        events: [event('execution.started')],
        atMs: T0 + 1,
        durability: 'durable',
      });
      return execution?.status;
    },
  },
  'the end of a task': {
    prepare: async (store, id) => {
      await started(store, id, SEEDS);
      for (const { taskId } of GATED) {
        const resolve = [edge('join', { parents: 61, place: Number(taskId.slice(1)) - 3 })];
        await store.changeTask(ask(id, taskId, { from: ['READY'], attempt: 0, resolve }));
      }
      await claim(store, id, 't0');
    },
    act: (store, id) => store.changeTask(end(id)),
  },
  'the end of an execution': {
    prepare: async (store, id) => {
      await started(store, id, [...SEEDS.slice(0, 2), seed(2), seed(3, { status: 'SUCCEEDED' })]);
      await claim(store, id, 't0');
    },
    act: async (store, id) => {
      const { applied, execution } = await store.change(cancel(id));
      return { applied, status: execution?.status };
    },
  },
  'a redrive': {
    prepare: async (store, id) => {
      await started(store, id, SEEDS.slice(0, 2));
      await claim(store, id, 't0');
      await store.changeTask({ ...end(id), resolve: [edge('t1')] });
      await store.change(cancel(id));
    },
    act: async (store, id) => (await store.change(redrive(id))).execution?.run,
  },
  'a signal': {
    prepare: (store, id) => started(store, id, []),
    act: async (store, id) => {
      const signal = { id: 's1', name: 'go', payload: 'z'.repeat(40_000), atMs: T0 };
      await store.putSignal(id, signal, event('signal.received'));
    },
  },
};

describeStores('After a crash', () => {
  let subject: DynamoSubject;
  beforeAll(async () => {
    subject = await openSubject();
  });
  afterAll(() => subject.close());

  /** What the store and the log have, without what differs from execution to execution. */
  async function stateOf(id: string): Promise<unknown> {
    const { store, reader } = subject;
    const events = await reader.events(id, { limit: 1000 });
    const found = {
      execution: await reader.get(id),
      tasks: await store.tasks(id),
      dependents: await store.dependents(`${id}-before`),
      signal: await store.signal(id, 'go'),
      allEnded: await store.allEnded(id),
      counts: await reader.counts(id),
      types: events.map(({ seq, type }) => `${seq} ${type}`).slice(0, 2),
      events: events.length,
    };
    return JSON.parse(JSON.stringify(found).replaceAll(id, 'ID'));
  }

  it.each(Object.entries(SCENES))('%s is carried through by who repeats it', async (name, scene) => {
    const { store, opened } = subject;
    const ids: string[] = [];
    const answers: unknown[] = [];
    // The first lives; then one dies before its first call, the next before its second, and so on, until one gets through.
    for (let calls = Infinity; ; calls = calls === Infinity ? 0 : calls + (scene.step ?? 1)) {
      const id = `${name.replaceAll(' ', '-')}-${calls}`;
      await scene.prepare(store, id);
      const watched = new WatchedClient();
      const mortal = new DynamoExecutionStore(new ItemTable(watched.client, opened.tableName));
      watched.crashAfter(calls);
      const died = await scene.act(mortal, id).then(
        () => false,
        (error: unknown) => error instanceof Crash || Promise.reject(error),
      );
      answers.push(JSON.parse(JSON.stringify([await scene.act(store, id)]).replaceAll(id, 'ID')));
      ids.push(id);
      if (!died && calls < Infinity) break;
    }
    await subject.settled();
    const expected = await stateOf(ids[0]!);
    for (const id of ids.slice(1)) expect(await stateOf(id), id).toEqual(expected);
    expect(ids.length).toBeGreaterThan(3);
    if (name === 'the end of a task') for (const answer of answers) expect(answer).toEqual(answers[0]);
  });
});
