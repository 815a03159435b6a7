import { describe, expect, test } from 'vitest';
import { MINUTE_MS, openLostWork } from './lost-work.ts';

const WORKFLOW = { name: 'queued', tasks: [{ id: 'only', type: 'http' }] };

describe('the sweep', () => {
  test('starts the machine of an execution that has none', async () => {
    const { create, clock, started, sweep } = await openLostWork(WORKFLOW);
    await create('e1');
    started.length = 0;
    await clock.advance(2 * MINUTE_MS);
    expect(await sweep()).toEqual({ looked: 1 });
    expect(started).toEqual(['workflow e1/1']);
  });

  test('wakes an execution that has got its place and was not told', async () => {
    const { store, create, slots, clock, answered, sweep } = await openLostWork(WORKFLOW);
    await slots.limit('workflows', 1);
    await create('e1');
    await store.executions.change({
      id: 'e1',
      expect: { statuses: ['QUEUED'] },
      set: { admitToken: 'admits' },
      atMs: 0,
      durability: 'durable',
    });
    await clock.advance(2 * MINUTE_MS);
    await sweep();
    expect(answered).toEqual(['admits']);
  });

  test('leaves one alone that came a moment ago', async () => {
    const { create, started, sweep } = await openLostWork(WORKFLOW);
    await create('e1');
    started.length = 0;
    await sweep();
    expect(started).toEqual([]);
  });

  test('looks at all of them, however many', async () => {
    const { create, clock, sweep } = await openLostWork(WORKFLOW);
    for (let at = 0; at < 250; at++) await create(`e${String(at).padStart(3, '0')}`);
    await clock.advance(2 * MINUTE_MS);
    expect(await sweep()).toEqual({ looked: 250 });
  });
});
