/** Route of tasks that wait for a signal or a child: what keeps their time limits. */
import { describe, expect, test } from 'vitest';
import { END } from '../../core/execution/steps.ts';
import type { JsonObject } from '../../core/json.ts';
import { ask, seed } from '../ports/execution-fixtures.ts';
import { MINUTE_MS, openLostWork } from './lost-work.ts';

const ref = { executionId: 'e1', taskId: 't0', run: 1, hops: 0, sinceMs: 0 };
const claimed = { ...ref, attempt: 1 };
const at = (ms: number) => new Date(ms).toISOString();

async function ready(timeout?: string) {
  const limit: JsonObject = timeout === undefined ? {} : { timeout };
  const work = await openLostWork({ name: 'limits', tasks: [{ id: 't0', type: 'approval', ...limit }] });
  await work.run([seed(0, { type: 'approval' })]);
  return { ...work, task: () => work.store.executions.task(ref) };
}

describe('Route of a task that waits for an answer', () => {
  test('claims it and parks it, with no machine that waits', async () => {
    const { route, started, task } = await ready();
    expect(await route(ref)).toEqual({ action: 'park', ref: claimed });
    expect(started).toEqual([]);
    expect(await task()).toMatchObject({ status: 'WAITING', attempt: 1, startedMs: 0 });
  });

  test('starts a timer for a time limit that its own machine does not live to see', async () => {
    const { route, started } = await ready('10m');
    expect(await route(ref)).toEqual({ action: 'park', ref: claimed });
    expect(started).toEqual([`timer e1/t0 ${at(10 * MINUTE_MS)}`]);
  });

  test('has its own machine wait for one that is near', async () => {
    const { route, started } = await ready('10s');
    expect(await route(ref)).toEqual({ action: 'park', ref: claimed, timestamp: at(10_000) });
    expect(started).toEqual([]);
  });

  test('starts a new machine for one that is near, where its own is old', async () => {
    const { route, started, clock } = await ready('10s');
    await clock.advance(40_000);
    expect(await route(ref)).toEqual(END);
    expect(started).toEqual(['task e1/t0']);
  });

  test('parks it again when it is asked again, under the timer that there is', async () => {
    const { route, started, clock } = await ready('10m');
    await route(ref);
    await clock.advance(MINUTE_MS);
    expect(await route({ ...ref, sinceMs: MINUTE_MS })).toMatchObject({ action: 'park' });
    expect(new Set(started)).toEqual(new Set([`timer e1/t0 ${at(10 * MINUTE_MS)}`]));
  });

  test('has it healed when it still waits at its time limit, and no earlier', async () => {
    const { route, clock } = await ready('10m');
    await route(ref);
    await clock.advance(10 * MINUTE_MS - 1);
    const sinceMs = clock.now();
    expect(await route({ ...ref, sinceMs })).toMatchObject({ action: 'park', timestamp: at(10 * MINUTE_MS) });
    await clock.advance(1);
    expect(await route({ ...ref, sinceMs })).toEqual({
      action: 'heal',
      ref: { ...claimed, sinceMs },
      failure: { error: 'States.Timeout', cause: '' },
    });
  });

  test('hands it over from the Standard lane to the Express lane', async () => {
    const { route, started, clock } = await ready('10m');
    await route(ref);
    started.length = 0;
    await clock.advance(10 * MINUTE_MS);
    expect(await route({ ...ref, detached: true })).toEqual(END);
    expect(started).toEqual(['task e1/t0']);
  });

  test('does nothing when its timer comes after its end', async () => {
    const { route, started, clock, store, task } = await ready('10m');
    await route(ref);
    await store.executions.changeTask(ask('e1', 't0', { from: ['WAITING'], set: { status: 'SUCCEEDED' } }));
    started.length = 0;
    await clock.advance(10 * MINUTE_MS);
    expect(await route({ ...ref, detached: true })).toEqual(END);
    expect([started, (await task())?.status]).toEqual([[], 'SUCCEEDED']);
  });
});
