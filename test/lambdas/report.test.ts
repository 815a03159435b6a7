import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommittedEvent } from '../../core/api/committed-events.ts';
import type { EventType, HoldfastEvent, NewEvent } from '../../core/event/event.ts';
import { createReport, type ReportRecord, type Told } from '../../lambdas/report/report.ts';

interface News {
  executionId: string;
  id: string;
  events: NewEvent[];
}

/** Numbers events by plain counting, each piece of news once. */
class Log {
  readonly feed: HoldfastEvent[] = [];
  readonly #known = new Map<string, CommittedEvent[]>();

  async append(news: readonly News[]): Promise<CommittedEvent[]> {
    return news.flatMap(({ executionId, id, events }) => {
      const known = this.#known.get(id);
      if (known) return known;
      const committed = events.map((event) => {
        const seq = this.feed.filter((other) => other.executionId === executionId).length + 1;
        this.feed.push({ ...event, executionId, seq });
        return { event: this.feed.at(-1)!, cursor: this.feed.length };
      });
      this.#known.set(id, committed);
      return committed;
    });
  }
}

function host({ fails = () => undefined }: { fails?: (where: string, what: unknown) => unknown } = {}) {
  const log = new Log();
  const pushed: HoldfastEvent[] = [];
  const published: HoldfastEvent[] = [];
  const counts = new Map<string, number>();
  const seconds: [string, number][] = [];
  const faults: unknown[] = [];
  let flushes = 0;
  const guard = (where: string, what: unknown) => {
    const error = fails(where, what);
    if (error) throw error;
  };
  const report = createReport<News>({
    log: {
      append: async (news) => {
        guard('append', news);
        const committed = await log.append(news);
        guard('appended', news);
        return committed;
      },
    },
    push: {
      news: async (committed) => {
        guard('push', committed);
        pushed.push(...committed.map(({ event }) => event));
      },
    },
    bus: {
      publish: async (events) => {
        guard('publish', events);
        published.push(...events);
      },
    },
    metrics: {
      count: (name, label, by) => counts.set(`${name} ${label}`, (counts.get(`${name} ${label}`) ?? 0) + by),
      measure: (name, value) => void seconds.push([name, value]),
      flush: () => void flushes++,
    },
    logger: { error: (...all) => void faults.push(all) },
  });
  return { report, log, pushed, published, counts, seconds, faults, flushes: () => flushes };
}

const record = (
  id: string,
  executionId: string,
  types: EventType[],
  duration?: Told<News>['duration'],
): ReportRecord<News> => {
  const events = types.map((type): NewEvent => ({ atMs: 0, type }));
  return { id, read: () => ({ news: { executionId, id, events }, events, duration }) };
};

describe('report', () => {
  test('tells of each write in the log, to subscribers, on the bus and in the metrics', async () => {
    const { report, log, pushed, published, counts, seconds, flushes } = host();
    const failed = await report([
      record('1', 'a', ['execution.submitted']),
      record('2', 'a', ['task.started']),
      { id: '3', read: () => undefined },
      record('4', 'a', ['task.attempt-failed'], { name: 'task_attempt_duration_seconds', seconds: 2 }),
      record('5', 'b', ['execution.submitted']),
      record('6', 'a', ['task.succeeded', 'execution.succeeded'], {
        name: 'workflow_duration_seconds',
        seconds: 9,
      }),
    ]);
    expect(failed).toBeUndefined();
    expect(log.feed.map(({ executionId, seq }) => `${executionId}${seq}`)).toEqual([
      'a1',
      'a2',
      'a3',
      'b1',
      'a4',
      'a5',
    ]);
    expect(pushed).toEqual(log.feed);
    expect(published.map(({ executionId, type }) => `${executionId} ${type}`)).toEqual([
      'a execution.submitted',
      'b execution.submitted',
      'a execution.succeeded',
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      'workflows_total submitted': 2,
      'workflows_total succeeded': 1,
      'tasks_total succeeded': 1,
    });
    expect(seconds).toEqual([
      ['task_attempt_duration_seconds', 2],
      ['workflow_duration_seconds', 9],
    ]);
    expect(flushes()).toBe(1);
  });

  test('has nothing to do for writes that tell of nothing', async () => {
    const { report, flushes } = host({ fails: () => new Error('nobody is asked') });
    expect(await report([{ id: '1', read: () => undefined }])).toBeUndefined();
    expect(await report([])).toBeUndefined();
    expect(flushes()).toBe(0);
  });

  test('names the one record that can not be told of, and tells of those before it', async () => {
    const isPoison = (where: string, what: unknown) =>
      where === 'append' && (what as News[]).some(({ id }) => id === '3') ? new Error('poison') : undefined;
    const { report, pushed, counts, faults } = host({ fails: isPoison });
    const failed = await report(['1', '2', '3', '4'].map((id) => record(id, id, ['task.skipped'])));
    expect(failed).toBe('3');
    expect(pushed.map(({ executionId }) => executionId)).toEqual(['1', '2']);
    expect(counts.get('tasks_total skipped')).toBe(2);
    expect(JSON.stringify(faults)).toContain('poison');
  });

  test('lets what comes after an unreadable record wait for it', async () => {
    const { report, pushed } = host();
    const unreadable: ReportRecord<News> = {
      id: '2',
      read: () => {
        throw new SyntaxError('no JSON');
      },
    };
    expect(
      await report([record('1', 'a', ['task.started']), unreadable, record('3', 'a', ['task.failed'])]),
    ).toBe('2');
    expect(pushed).toHaveLength(1);
  });

  test.each(['appended', 'push', 'publish'])(
    'tells again of what was numbered when it breaks off at %s, and counts it once',
    async (at) => {
      let breaks = true;
      const { report, log, pushed, published, counts } = host({
        fails: (where) => (breaks && where === at ? new Error('broke off') : undefined),
      });
      const records = [record('1', 'a', ['execution.submitted']), record('2', 'b', ['execution.submitted'])];
      expect(await report(records)).toBe('1');
      breaks = false;
      expect(await report(records)).toBeUndefined();
      expect(log.feed).toHaveLength(2);
      for (const told of [pushed, published])
        expect(new Set(told.map(({ executionId }) => executionId))).toEqual(new Set(['a', 'b']));
      expect(counts.get('workflows_total submitted')).toBe(2);
    },
  );

  test('loses nothing and keeps the order, however often it fails and is asked again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ execution: fc.constantFrom('a', 'b', 'c'), count: fc.integer({ min: 1, max: 3 }) }),
          {
            minLength: 1,
            maxLength: 25,
          },
        ),
        fc.infiniteStream(fc.boolean()),
        fc.integer({ min: 1, max: 8 }),
        async (writes, luck, batchSize) => {
          let patience = 60;
          const { report, log, pushed, published } = host({
            fails: () =>
              patience > 0 && luck.next().value && patience-- > 0 ? new Error('bad luck') : undefined,
          });
          const records = writes.map(({ execution, count }, at) =>
            record(
              String(at),
              execution,
              Array.from({ length: count }, () => 'execution.paused' as const),
            ),
          );
          // As Lambda reads a shard: a batch again from its first failure on.
          for (let at = 0; at < records.length; ) {
            const batch = records.slice(at, at + batchSize);
            const failed = await report(batch);
            at = failed === undefined ? at + batch.length : Number(failed);
          }
          const expected = writes.flatMap(({ execution, count }) =>
            Array.from({ length: count }, () => execution),
          );
          for (const id of ['a', 'b', 'c']) {
            const total = expected.filter((execution) => execution === id).length;
            const seqs = log.feed.filter(({ executionId }) => executionId === id).map(({ seq }) => seq);
            expect(seqs).toEqual(Array.from({ length: total }, (_, seq) => seq + 1));
            for (const told of [pushed, published]) {
              const first = [
                ...new Set(told.filter(({ executionId }) => executionId === id).map(({ seq }) => seq)),
              ];
              expect(first.toSorted((x, y) => x - y)).toEqual(seqs);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
