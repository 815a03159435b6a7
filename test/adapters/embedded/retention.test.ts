import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedStore, openStore } from '../../../adapters/embedded/store.ts';
import { claim, event, newExecution, seed, started, T0 } from '../../ports/execution-fixtures.ts';

describe('pruning', () => {
  let store: EmbeddedStore;
  beforeEach(() => {
    store = openStore({ dataDir: ':memory:' });
  });
  afterEach(() => store.close());

  const end = (id: string, endedMs: number) =>
    store.executions.change({
      id,
      expect: { statuses: ['QUEUED', 'RUNNING'] },
      set: { status: 'SUCCEEDED', endedMs },
      atMs: endedMs,
      durability: 'durable',
    });
  const ids = async () => (await store.reader.list({ limit: 100 })).map(({ id }) => id).toSorted();

  it('deletes the oldest that ended before a time, with everything of theirs', async () => {
    for (const [at, id] of ['e1', 'e2', 'e3', 'e4'].entries()) {
      await started(store.executions, id, [seed(0), seed(1)]);
      await claim(store.executions, id, 't0');
      const signal = { id: 's', name: 'go', payload: 1, atMs: T0 };
      await store.executions.putSignal(id, signal, event('signal.received'));
      await store.executions.saveCheckpoint({ executionId: id, taskId: 't0', attempt: 1 }, 1);
      if (id !== 'e4') await end(id, T0 + 10 - at);
    }
    expect(await store.prune({ endedBeforeMs: T0 + 10, limit: 1 })).toBe(1);
    expect(await ids()).toEqual(['e1', 'e2', 'e4']);
    expect(await store.prune({ endedBeforeMs: T0 + 10, limit: 100 })).toBe(1);
    expect(await ids()).toEqual(['e1', 'e4']);
    expect(await store.executions.get('e2')).toBeUndefined();
    expect(await store.executions.checkpoint({ executionId: 'e2', taskId: 't0' })).toBeUndefined();
    expect(await store.reader.totals()).toMatchObject({
      executions: { SUCCEEDED: 1, RUNNING: 1 },
      tasks: { READY: 2, RUNNING: 2 },
    });
    const { events, cursor } = await store.reader.feed(0, 100);
    expect(new Set(events.map(({ executionId }) => executionId))).toEqual(new Set(['e1', 'e4']));
    expect((await store.reader.feed(cursor, 100)).events).toEqual([]);
  });

  it('keeps what an unended execution may still ask for', async () => {
    await started(store.executions, 'parent', []);
    const parent = { executionId: 'parent', taskId: 't', attempt: 1 };
    await store.executions.create(newExecution('child', { kind: 'child', parent }), []);
    await store.executions.create(newExecution('first'), []);
    await store.executions.create(newExecution('then', { after: ['first'] }), []);
    for (const id of ['child', 'first']) await end(id, T0);
    expect(await store.prune({ endedBeforeMs: T0 + 1, limit: 10 })).toBe(0);
    for (const id of ['parent', 'then']) await end(id, T0);
    expect(await store.prune({ endedBeforeMs: T0 + 1, limit: 10 })).toBe(4);
    expect(await ids()).toEqual([]);
  });
});
