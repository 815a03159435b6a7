import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedStore, openStore, type StoreOptions } from '../../../adapters/embedded/store.ts';
import type { HoldfastEvent } from '../../../core/event/event.ts';
import {
  ask,
  claim,
  event,
  newExecution,
  pending,
  edge,
  seed,
  started,
  T0,
} from '../../ports/execution-fixtures.ts';

describe('group commit', () => {
  let dataDir: string;
  let store: EmbeddedStore;
  /** Turns that wait to be taken. */
  let turns: (() => void)[];

  const open = (options: Partial<StoreOptions> = {}) => {
    turns = [];
    store = openStore({ dataDir, defer: (turn) => turns.push(turn), ...options });
    return store;
  };
  const takeTurn = () => {
    const now = turns;
    turns = [];
    for (const turn of now) turn();
  };
  const stateOf = async (promise: Promise<unknown>) => {
    const waiting = Symbol('waiting');
    return (await Promise.race([promise, Promise.resolve(waiting)])) === waiting ? 'waits' : 'done';
  };
  /** Runs `work`, taking every turn it waits for. */
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    while (!done) {
      takeTurn();
      await Promise.resolve();
    }
    return work;
  };
  const create = (id: string) => store.executions.create(newExecution(id), [event('execution.submitted')]);

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'holdfast-commit-'));
    open();
  });
  afterEach(() => {
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  it('makes the writes of one turn durable with one commit', async () => {
    const before = store.commits();
    const writes = Array.from({ length: 200 }, (_, at) => create(`e${at}`));
    expect(store.commits()).toBe(before);
    takeTurn();
    await Promise.all(writes);
    expect(store.commits()).toBe(before + 1);
  });

  it('resolves a durable write after its commit, and an ordered one before', async () => {
    await settle(started(store.executions, 'e1', [seed(0), seed(1)]));
    const ordered = store.executions.changeTask(
      ask('e1', 't0', { from: ['READY'], attempt: 0, set: { status: 'PARKED' }, durability: 'ordered' }),
    );
    const durable = store.executions.changeTask(
      ask('e1', 't1', { from: ['READY'], attempt: 0, set: { status: 'PARKED' } }),
    );
    expect(await stateOf(ordered)).toBe('done');
    expect(await stateOf(durable)).toBe('waits');
    takeTurn();
    expect(await durable).toMatchObject({ applied: true });
  });

  it('commits what nobody waits for within a few turns', async () => {
    await settle(started(store.executions, 'e1', [seed(0)]));
    const before = store.commits();
    await store.executions.changeTask(
      ask('e1', 't0', { from: ['READY'], attempt: 0, set: { status: 'PARKED' }, durability: 'ordered' }),
    );
    for (let turn = 0; turn < 10; turn++) takeTurn();
    expect(store.commits()).toBe(before + 1);
    expect((await store.reader.counts('e1')).PARKED).toBe(1);
  });

  it('shows readers nothing that is not durable, and the store everything', async () => {
    const created = create('e1');
    expect(await store.executions.get('e1')).toMatchObject({ id: 'e1' });
    expect((await store.executions.unfinished()).map(({ id }) => id)).toEqual(['e1']);
    expect(await store.reader.get('e1')).toBeUndefined();
    expect((await store.reader.feed(0, 10)).events).toEqual([]);
    takeTurn();
    await created;
    expect(await store.reader.get('e1')).toMatchObject({ id: 'e1' });
    expect((await store.reader.feed(0, 10)).events).toHaveLength(1);
  });

  it('commits a batch early when it has many operations', async () => {
    store.close();
    open({ batchOperationsMax: 10 });
    await Promise.all(Array.from({ length: 30 }, (_, at) => create(`e${at}`)));
    expect(store.commits()).toBe(3);
  });

  it('commits a batch early when it is large', async () => {
    store.close();
    open({ batchSizeBytesMax: 10_000 });
    const variables = { text: 'x'.repeat(4000) };
    await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        store.executions.create(newExecution(`e${at}`, { variables }), []),
      ),
    );
    expect(store.commits()).toBe(2);
  });

  it('loses an uncommitted batch in a crash, whole, and nothing before it', async () => {
    await settle(started(store.executions, 'e1', [seed(0), pending(1, 1)]));
    await settle(claim(store.executions, 'e1', 't0'));
    const lost = store.executions.changeTask(
      ask('e1', 't0', { resolve: [edge('t1')], events: [event('task.succeeded')] }),
    );
    const alsoLost = create('e2');
    store.crash();
    await expect(lost).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await expect(alsoLost).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await expect(store.executions.get('e1')).rejects.toMatchObject({ name: 'StoreUnavailable' });
    open();
    const tasks = await store.executions.tasks('e1');
    expect(tasks.map(({ status }) => status)).toEqual(['RUNNING', 'PENDING']);
    expect(await store.executions.get('e2')).toBeUndefined();
    expect(await store.reader.events('e1', { limit: 10 })).toHaveLength(3);
    expect((await store.reader.totals()).executions.RUNNING).toBe(1);
    await settle(store.executions.changeTask(ask('e1', 't0', { events: [event('task.succeeded')] })));
    expect((await store.reader.events('e1', { limit: 10 })).at(-1)).toMatchObject({ seq: 4 });
  });

  it('survives a crash in memory, too', async () => {
    store.close();
    open({ dataDir: ':memory:' });
    await settle(started(store.executions, 'e1', [seed(0)]));
    const lost = claim(store.executions, 'e1', 't0').catch((error: Error) => error.name);
    const survivor = store.crash();
    expect(await lost).toBe('StoreUnavailable');
    open({ dataDir: ':memory:', survivor });
    expect(await store.executions.task({ executionId: 'e1', taskId: 't0' })).toMatchObject({
      status: 'READY',
    });
  });

  it('tells of events after their commit, in order, with the cursor that the feed gives', async () => {
    const told: [number, HoldfastEvent][] = [];
    store.onCommitted(({ firstCursor, events }) => {
      for (const [at, one] of events.entries()) told.push([firstCursor + at, one]);
    });
    const first = create('e1');
    expect(told).toEqual([]);
    takeTurn();
    await first;
    const more = [create('e2'), started(store.executions, 'e1', [])];
    await settle(Promise.all(more));
    const { events } = await store.reader.feed(0, 100);
    expect(told).toEqual(events.map((one, at) => [at + 1, one]));
    expect((await store.reader.feed(told[1]![0], 1)).events).toEqual([told[2]![1]]);
  });

  it('lets a listener write at once', async () => {
    store.close();
    open({ cachedRecordsMax: 0 });
    await settle(started(store.executions, 'e1', [seed(0)]));
    let claimed: Promise<unknown> | undefined;
    store.onCommitted(() => {
      claimed ??= claim(store.executions, 'e1', 't0');
    });
    const created = create('e2');
    takeTurn();
    expect(await store.executions.task({ executionId: 'e1', taskId: 't0' })).toMatchObject({ attempt: 1 });
    await created;
    expect(await settle(claimed!)).toMatchObject({ applied: true });
    expect(await settle(claim(store.executions, 'e1', 't0'))).toMatchObject({ applied: false });
  });

  it('goes on with numbers and cursors where it was when it is opened again', async () => {
    await settle(started(store.executions, 'e1', [seed(0)]));
    store.close();
    open();
    const cursors: number[] = [];
    store.onCommitted(({ firstCursor }) => cursors.push(firstCursor));
    await settle(claim(store.executions, 'e1', 't0'));
    expect(cursors).toEqual([3]);
    expect((await store.reader.events('e1', { limit: 10 })).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    await settle(started(store.executions, 'e2', [seed(0)]));
    expect(await store.executions.tasks('e1')).toHaveLength(1);
    expect(await store.executions.task({ executionId: 'e2', taskId: 't0' })).toMatchObject({
      status: 'READY',
    });
  });

  it('makes everything durable when it is closed', async () => {
    const created = create('e1');
    store.close();
    expect(await created).toMatchObject({ created: true });
    await expect(create('e2')).rejects.toThrow(/closed/);
    open();
    expect(await store.executions.get('e1')).toMatchObject({ submittedMs: T0 });
  });
});
