import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventLog } from '../../adapters/aws/event-log.ts';
import { DynamoExecutionReader } from '../../adapters/aws/execution-reader.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import type { News } from '../../adapters/aws/news.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { event } from '../ports/execution-fixtures.ts';
import { describeStores, type OpenTable, openTable } from './dynamodb.ts';
import { Crash, WatchedClient } from './watched-client.ts';

/** News of these executions, in the order of the stream; each event says which it is. */
function newsOf(executions: readonly string[]): News[] {
  return executions.map((executionId, at) => {
    const task = (n: number) => event('task.started', { taskId: `${at}.${n}` });
    return {
      executionId,
      id: `T#a#t${at}#1`,
      order: String(at).padStart(40, '0'),
      events: Array.from({ length: at % 3 }, (_, n) => task(n)),
      stand: at % 4 === 0 ? { status: at % 8 === 0 ? 'RUNNING' : 'PAUSED' } : undefined,
    };
  });
}

const idsOf = (events: readonly HoldfastEvent[]) => events.map(({ taskId }) => taskId);
const sorted = (ids: readonly (string | undefined)[]) => ids.toSorted((a, b) => (a! < b! ? -1 : 1));

describeStores('The event log', () => {
  let opened: OpenTable;
  let table: ItemTable;
  let run = 0;
  beforeAll(async () => {
    opened = await openTable();
    table = new ItemTable(opened.client, opened.tableName);
  });
  afterAll(() => opened.close());

  const someExecutions = () => ['x', 'y', 'z'].map((name) => `${name}${++run}`);

  /** Checks that each event has one number, in each log, without gaps. */
  async function expectNumbered(
    {
      news,
      executions,
      fedBefore,
    }: { news: readonly News[]; executions: readonly string[]; fedBefore: number },
    inOrder: boolean,
  ) {
    const reader = new DynamoExecutionReader(table);
    const all: HoldfastEvent[] = [];
    for (let cursor = fedBefore; ; ) {
      const page = await reader.feed(cursor, 50);
      if (page.events.length === 0) break;
      expect(page.cursor).toBe(cursor + page.events.length);
      all.push(...page.events);
      ({ cursor } = page);
    }
    for (const id of executions) {
      const wanted = news.filter(({ executionId }) => executionId === id).flatMap(({ events }) => events);
      const log = await reader.events(id, { limit: 10_000 });
      expect(log.map(({ seq }) => seq)).toEqual(wanted.map((_, at) => at + 1));
      const expected = wanted.map(({ taskId }) => taskId);
      if (inOrder) expect(idsOf(log)).toEqual(expected);
      else expect(sorted(idsOf(log))).toEqual(sorted(expected));
      expect(all.filter(({ executionId }) => executionId === id)).toEqual(log);
    }
  }

  /** A stream of three executions that nobody else writes about. */
  async function scene(whose: readonly number[]) {
    const executions = someExecutions();
    const news = newsOf(whose.map((at) => executions[at]!));
    return { executions, news, fedBefore: await new EventLog(table).newest(undefined) };
  }

  const streams = fc.array(fc.nat(2), { minLength: 1, maxLength: 30 });

  it('numbers each event once, in order, however often the stream starts over and its reader dies', async () => {
    const deliveries = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 12 }), back: fc.nat(15), calls: fc.nat(14) }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(streams, deliveries, async (whose, batches) => {
        const made = await scene(whose);
        const { news } = made;
        let next = 0;
        for (const { size, back, calls } of batches) {
          const from = Math.max(0, next - back);
          const batch = news.slice(from, next + size);
          const watched = new WatchedClient();
          watched.crashAfter(calls);
          const mortal = new EventLog(new ItemTable(watched.client, opened.tableName));
          const done = await mortal.append(batch).then(
            () => true,
            (error: unknown) => (error instanceof Crash ? false : Promise.reject(error)),
          );
          // A batch that was not taken in comes again.
          if (done) next = Math.min(news.length, next + size);
        }
        await new EventLog(table).append(news.slice(next));
        await expectNumbered(made, true);
      }),
      { numRuns: 20 },
    );
  });

  it('numbers each event once, without gaps, when batches overlap, come in any order and race', async () => {
    const windows = fc.array(fc.record({ from: fc.nat(29), size: fc.integer({ min: 1, max: 20 }) }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(streams, windows, async (whose, batches) => {
        const made = await scene(whose);
        const { news } = made;
        const all = [...batches.map(({ from, size }) => news.slice(from, from + size)), news];
        await Promise.all(all.map((batch) => new EventLog(table).append(batch)));
        await expectNumbered(made, false);
      }),
      { numRuns: 20 },
    );
  });

  it('gives the events of a batch that comes again the numbers they have', async () => {
    const [id] = someExecutions();
    const news = newsOf(Array.from({ length: 9 }, () => id!));
    const first = await new EventLog(table).append(news);
    const again = await new EventLog(table).append(news.slice(3));
    expect(first).toHaveLength(9);
    expect(again).toEqual(first);
    expect(first.map(({ event: { seq } }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await new EventLog(table).newest(id)).toBe(9);
    expect(await new EventLog(table).newest(undefined)).toBe(first.at(-1)!.cursor);
  });

  it('keeps events of any size, and as many as there are', async () => {
    const [id] = someExecutions();
    const data = { cause: 'ü'.repeat(50_000) };
    const news = Array.from({ length: 40 }, (_, at) => ({
      executionId: id!,
      id: `T#a#t${at}#1`,
      order: String(at).padStart(40, '0'),
      events: Array.from({ length: at === 0 ? 600 : 1 }, () => event('task.failed', at % 2 ? { data } : {})),
    }));
    await new EventLog(table).append(news);
    const events = await new DynamoExecutionReader(table).events(id!, { afterSeq: 598, limit: 1000 });
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 41 }, (_, at) => at + 599));
    expect(events.at(-1)).toMatchObject({ data });
  });

  it('knows how many executions stand how', async () => {
    const [id] = someExecutions();
    const before = await new DynamoExecutionReader(table).totals();
    const stand = { status: 'CANCELLED', counts: { CANCELLED: 3 } } as unknown as News['stand'];
    const news = { executionId: id!, id: 'META#1', order: '1', events: [], stand };
    await new EventLog(table).append([{ ...news, stand: { status: 'RUNNING' } }]);
    await Promise.all([1, 2].map(() => new EventLog(table).append([{ ...news, id: 'META#2', order: '2' }])));
    const { executions, tasks } = await new DynamoExecutionReader(table).totals();
    expect(executions).toEqual({ ...before.executions, CANCELLED: before.executions.CANCELLED + 1 });
    expect(tasks.CANCELLED).toBe(before.tasks.CANCELLED + 3);
  });
});
