import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import type { TaskUpdate } from '../../core/ports/execution-store.ts';
import { ask, seed } from '../ports/execution-fixtures.ts';
import { MINUTE_MS, openLostWork } from './lost-work.ts';

const timeout = { Error: 'States.Timeout' };
const branches = { tasks: [{ id: 'a', type: 'http' }] };
const tasks = (...types: string[]) => ({
  name: 'lost',
  tasks: types.map((type, at) => ({ id: `t${at}`, type, ...(type === 'parallel' && { input: branches }) })),
});

const placeOf = (holder: string) => ({ holder, pools: ['type/http'], priority: 5, readyMs: 0, index: 0 });

/** One task of this type in this state, `ageMs` ago. */
async function lost(type: string, set: TaskUpdate, ageMs: number, document: JsonObject = tasks(type)) {
  const work = await openLostWork(document);
  await work.run([seed(0, { type })]);
  if (set.status)
    await work.store.executions.changeTask(
      ask('e1', 't0', { from: ['READY'], attempt: 0, set: { attempt: 1, startedMs: 0, ...set } }),
    );
  await work.clock.advance(ageMs);
  const mend = (failure: { Error: string } = timeout) => work.mend({ executionId: 'e1', run: 1, failure });
  const task = () => work.store.executions.task({ executionId: 'e1', taskId: 't0' });
  return { ...work, mend, task };
}

describe('Mend', () => {
  test('starts a task again that is READY and that nobody took', async () => {
    const { mend, started } = await lost('http', {}, 2 * MINUTE_MS);
    expect(await mend()).toEqual({ action: 'await', timeoutSeconds: 300 });
    expect(started).toEqual(['task e1/t0']);
  });

  test('leaves one alone that became READY a moment ago', async () => {
    const { mend, started } = await lost('http', {}, 30_000);
    await mend();
    expect(started).toEqual([]);
  });

  test('starts nothing for a task that is READY and waits for a place', async () => {
    const { mend, started, slots } = await lost('http', {}, 2 * MINUTE_MS);
    await slots.limit('type/http', 1);
    await slots.acquire(placeOf('task/other/t0/1'));
    await mend();
    expect(started).toEqual([]);
    expect(await slots.release('task/other/t0/1')).toEqual(['task/e1/t0/1']);
  });

  test('gives back the place of an attempt that ended without doing so, and starts who waits for it', async () => {
    const failure = { attempt: 1, error: 'X', cause: 'y' };
    const { mend, slots } = await lost(
      'http',
      { failure, dueMs: MINUTE_MS, status: 'WAITING' },
      3 * MINUTE_MS,
    );
    await slots.limit('type/http', 1);
    await slots.acquire(placeOf('task/e1/t0/1'));
    await mend();
    expect(await slots.usage()).toMatchObject({ 'type/http': { held: 0 } });
  });

  test('leaves an attempt that runs its place', async () => {
    const { mend, slots } = await lost('long', { status: 'RUNNING' }, 3 * MINUTE_MS);
    await slots.limit('type/long', 1);
    await slots.acquire({ ...placeOf('task/e1/t0/1'), pools: ['type/long'] });
    await mend();
    expect(await slots.usage()).toMatchObject({ 'type/long': { held: 1 } });
  });

  test('interrupts an attempt that outlived its lane, and starts the task again', async () => {
    const { mend, started, task } = await lost('http', { status: 'RUNNING' }, 7 * MINUTE_MS);
    await mend();
    expect(await task()).toMatchObject({ status: 'READY', attempt: 1, interruptions: 1 });
    expect(started).toEqual(['task e1/t0']);
  });

  test('lets an attempt of a long type go on', async () => {
    const { mend, started, task } = await lost('long', { status: 'RUNNING' }, 7 * MINUTE_MS);
    await mend();
    expect(await task()).toMatchObject({ status: 'RUNNING' });
    expect(started).toEqual([]);
  });

  test('starts a task again whose time to wait was over long ago', async () => {
    const { mend, started } = await lost('http', { status: 'WAITING', dueMs: MINUTE_MS }, 3 * MINUTE_MS);
    await mend();
    expect(started).toEqual(['task e1/t0']);
  });

  test('lets one wait on whose time has not come', async () => {
    const waiting = { status: 'WAITING', dueMs: 60 * MINUTE_MS } as const;
    const { mend, started } = await lost('http', waiting, 3 * MINUTE_MS);
    await mend();
    expect(started).toEqual([]);
  });

  describe('of a task that waits for a child', () => {
    const waiting = { status: 'WAITING', childId: 'c1' } as const;
    const childEnds = async ({ store, create, started }: Awaited<ReturnType<typeof lost>>) => {
      await create('c1');
      started.length = 0;
      const change = { id: 'c1', expect: { statuses: ['QUEUED'] }, atMs: 1, durability: 'durable' } as const;
      return () =>
        store.executions.change({ ...change, set: { status: 'SUCCEEDED', output: 42, endedMs: 1 } });
    };

    test('starts it again where the child has ended and nobody told it', async () => {
      const work = await lost('parallel', waiting, 3 * MINUTE_MS);
      await (await childEnds(work))();
      await work.mend();
      expect(work.started).toEqual(['task e1/t0']);
    });

    test('leaves it alone while the child goes on', async () => {
      const work = await lost('parallel', waiting, 3 * MINUTE_MS);
      await childEnds(work);
      await work.mend();
      expect(work.started).toEqual([]);
    });

    test.each([{ status: 'WAITING' } as const, waiting])(
      'starts it again where the child was never made: %j',
      async (set) => {
        const { mend, started } = await lost('parallel', set, 3 * MINUTE_MS);
        await mend();
        expect(started).toEqual(['task e1/t0']);
      },
    );
  });

  describe('of a task that waits for a signal', () => {
    test('starts it again where the signal came and was not passed on', async () => {
      const { mend, started, store } = await lost('signal', { status: 'WAITING' }, 3 * MINUTE_MS);
      const signal = { id: 's1', name: 't0', payload: { go: true }, atMs: 1000 };
      await store.executions.putSignal('e1', signal, { atMs: 1000, type: 'signal.received' });
      await mend();
      expect(started).toEqual(['task e1/t0']);
    });

    test('leaves it alone while none has come', async () => {
      const { mend, started, task } = await lost('signal', { status: 'WAITING' }, 3 * MINUTE_MS);
      await mend();
      expect([started, (await task())?.status]).toEqual([[], 'WAITING']);
    });

    test.each([
      { ageMs: 3 * MINUTE_MS, starts: [] },
      { ageMs: 12 * MINUTE_MS, starts: ['task e1/t0'] },
    ])('starts it again where its timer is gone: $ageMs', async ({ ageMs, starts }) => {
      const timed = { id: 't0', type: 'signal', timeout: '10m' };
      const { mend, started } = await lost('signal', { status: 'WAITING' }, ageMs, {
        name: 'lost',
        tasks: [timed],
      });
      await mend();
      expect(started).toEqual(starts);
    });
  });

  test('takes up a task that was parked as its type was being offered', async () => {
    const { mend, started } = await lost('http', { status: 'PARKED' }, 3 * MINUTE_MS);
    await mend();
    expect(started).toEqual(['task e1/t0']);
  });

  test('waits longer between looks the older the run is', async () => {
    const { mend } = await lost('long', { status: 'RUNNING' }, 14 * MINUTE_MS);
    expect(await mend()).toEqual({ action: 'await', timeoutSeconds: 14 * 60 });
  });

  describe('where all that is open waits', () => {
    const DAY_MS = 24 * 60 * MINUTE_MS;
    const timed = { status: 'WAITING', dueMs: 30 * DAY_MS } as const;
    const signalled = (timeout?: string) => ({
      name: 'lost',
      tasks: [{ id: 't0', type: 'signal', ...(timeout !== undefined && { timeout }) }],
    });
    const minutes = async (mend: () => Promise<object>) =>
      (((await mend()) as { timeoutSeconds: number }).timeoutSeconds * 1000) / MINUTE_MS;

    test('looks again a minute after the first time is over, however far that is', async () => {
      const { mend } = await lost('http', timed, 3 * MINUTE_MS);
      expect(await minutes(mend)).toBe((30 * DAY_MS) / MINUTE_MS + 1 - 3);
    });

    test('looks no sooner than otherwise for a time that is near', async () => {
      const { mend } = await lost('http', { ...timed, dueMs: 4 * MINUTE_MS }, 3 * MINUTE_MS);
      expect(await minutes(mend)).toBe(5);
    });

    test('looks as often as is written for answers, where those are waited for', async () => {
      const { mend, clock } = await lost('signal', { status: 'WAITING' }, 3 * MINUTE_MS, signalled());
      expect(await minutes(mend)).toBe(5);
      await clock.advance(100 * MINUTE_MS);
      expect(await minutes(mend)).toBe(103);
      await clock.advance(DAY_MS);
      expect(await minutes(mend)).toBe(240);
    });

    test('looks again after the time limit of a wait for an answer', async () => {
      const { mend } = await lost('signal', { status: 'WAITING' }, 120 * MINUTE_MS, signalled('3h'));
      expect(await minutes(mend)).toBe(61);
    });

    test('looks as ever where something was lost, or is under way', async () => {
      const overdue = await lost('http', { ...timed, dueMs: MINUTE_MS }, 300 * MINUTE_MS);
      expect(await minutes(overdue.mend)).toBe(60);
      const unmade = await lost('parallel', { status: 'WAITING' }, 300 * MINUTE_MS);
      expect(await minutes(unmade.mend)).toBe(60);
      const begun = { status: 'WAITING', startedMs: 299.5 * MINUTE_MS } as const;
      expect(await minutes((await lost('parallel', begun, 300 * MINUTE_MS)).mend)).toBe(60);
      const work = await openLostWork(tasks('http', 'long'));
      const { mend, store, clock } = work;
      await work.run([seed(0, { type: 'http' }), seed(1, { type: 'long' })]);
      const change = (id: string, set: TaskUpdate) =>
        store.executions.changeTask(
          ask('e1', id, { from: ['READY'], attempt: 0, set: { attempt: 1, startedMs: 0, ...set } }),
        );
      await change('t0', timed);
      await change('t1', { status: 'RUNNING' });
      await clock.advance(10 * MINUTE_MS);
      expect(await minutes(() => mend({ executionId: 'e1', run: 1, failure: timeout }))).toBe(10);
    });

    test('heeds the deadline of the execution', async () => {
      const work = await openLostWork(tasks('http'));
      await work.run([seed(0, { type: 'http' })], 8 * MINUTE_MS);
      const set = { attempt: 1, startedMs: 0, ...timed };
      await work.store.executions.changeTask(ask('e1', 't0', { from: ['READY'], attempt: 0, set }));
      await work.clock.advance(5 * MINUTE_MS);
      expect(await minutes(() => work.mend({ executionId: 'e1', run: 1, failure: timeout }))).toBe(3);
    });
  });

  test('lets an execution fail whose time is up, and no earlier', async () => {
    const work = await openLostWork(tasks('http'));
    await work.run([seed(0, { type: 'http' })], 8 * MINUTE_MS);
    await work.clock.advance(5 * MINUTE_MS);
    const mend = () => work.mend({ executionId: 'e1', run: 1, failure: timeout });
    expect(await mend()).toEqual({ action: 'await', timeoutSeconds: 180 });
    await work.clock.advance(3 * MINUTE_MS);
    expect(await mend()).toEqual({ action: 'settle', executionId: 'e1', run: 1, failure: timeout });
  });

  test('settles an execution whose tasks have all ended', async () => {
    const { mend } = await lost('http', { status: 'SUCCEEDED' }, MINUTE_MS);
    expect(await mend()).toEqual({ action: 'settle', executionId: 'e1', run: 1 });
  });

  test('settles with the error when waiting itself failed', async () => {
    const { mend } = await lost('http', {}, MINUTE_MS);
    expect(await mend({ Error: 'Lambda.Unknown' })).toMatchObject({ failure: { Error: 'Lambda.Unknown' } });
  });

  test('settles a run that another one has followed', async () => {
    const { store, mend } = await lost('http', {}, MINUTE_MS);
    const change = { id: 'e1', expect: { statuses: ['RUNNING'] }, set: { run: 2 }, atMs: 1 } as const;
    await store.executions.change({ ...change, durability: 'durable' });
    expect(await mend()).toEqual({ action: 'settle', executionId: 'e1', run: 1 });
  });
});
