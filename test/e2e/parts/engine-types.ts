import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

export function engineTypes(open: OpenHost): void {
  describe('task types that the engine runs', () => {
    const host = useHost(open);

    test.each([
      [0.9, 'deploy', 'retrain'],
      [0.5, 'retrain', 'deploy'],
    ])('takes the branch that a condition chooses for %d', async (accuracy, taken, skipped) => {
      const done = await host.run(
        {
          name: 'condition',
          variables: [{ name: 'accuracy', type: 'number' }],
          tasks: [
            { id: 'train', type: 'pass', input: { accuracy: '${variables.accuracy}' } },
            {
              id: 'good-enough',
              type: 'condition',
              condition: 'train.output.accuracy > 0.85',
              dependsOn: ['train'],
              onSuccess: ['deploy'],
              onFailure: ['retrain'],
            },
            { id: 'deploy', type: 'pass' },
            { id: 'retrain', type: 'pass' },
          ],
        },
        { variables: { accuracy } },
      );
      expect(done.status).toBe('SUCCEEDED');
      const statuses = await host.statuses(done.executionId);
      expect(statuses).toMatchObject({
        [taken]: 'SUCCEEDED',
        [skipped]: 'SKIPPED',
        'good-enough': 'SUCCEEDED',
      });
      expect((await host.task(done.executionId, 'good-enough')).output).toEqual({
        result: taken === 'deploy',
      });
    });

    test('waits for a duration and until a time', async () => {
      const until = new Date(Date.now() + 150).toISOString();
      const done = await host.run({
        name: 'waits',
        tasks: [
          { id: 'a-while', type: 'wait', input: { ms: 60 } },
          { id: 'until', type: 'wait', input: { until }, dependsOn: ['a-while'] },
        ],
      });
      expect(done.status).toBe('SUCCEEDED');
      const { startedMs, endedMs } = await host.task(done.executionId, 'a-while');
      expect(endedMs - startedMs).toBeGreaterThanOrEqual(60);
      expect(done.endedMs).toBeGreaterThanOrEqual(Date.parse(until));
    });

    test('goes on with a signal that comes while its task waits', async () => {
      const id = await host.begin({ name: 'signal', tasks: [{ id: 'go', type: 'signal' }] });
      await host.taskEvent(id, 'go', 'task.waiting');
      const { status, body } = await host.http.post(`/executions/${id}/signals/go`, { payload: { n: 1 } });
      expect([status, body]).toEqual([202, { accepted: true }]);
      const done = await host.ended(id);
      expect(done).toMatchObject({ status: 'SUCCEEDED', output: { name: 'go', payload: { n: 1 } } });
    });

    test('keeps a signal that comes before its task waits', async () => {
      const id = await host.begin({
        name: 'early-signal',
        tasks: [
          { id: 'first', type: 'signal' },
          { id: 'second', type: 'signal', input: { name: 'later' }, dependsOn: ['first'] },
        ],
      });
      await host.http.post(`/executions/${id}/signals/later`, { payload: 'early' });
      await host.http.post(`/executions/${id}/signals/first`);
      expect(await host.ended(id)).toMatchObject({ output: { payload: 'early' } });
    });

    test('takes a signal of the same id once', async () => {
      const id = await host.begin({
        name: 'signal-twice',
        tasks: [
          { id: 'go', type: 'signal' },
          { id: 'stay', type: 'signal' },
        ],
      });
      const send = () => host.http.post(`/executions/${id}/signals/go`, { id: 'one', payload: 1 });
      const [first, second] = [await send(), await send()];
      expect([first.status, first.body.accepted]).toEqual([202, true]);
      expect([second.status, second.body.accepted]).toEqual([200, false]);
      await host.http.post(`/executions/${id}/signals/stay`);
      await host.ended(id);
      const received = (await host.http.events(id)).filter(({ type }) => type === 'signal.received');
      expect(received).toHaveLength(2);
    });

    test.each([
      [{ approved: true, comment: 'fine' }, 'SUCCEEDED'],
      [{ approved: false, comment: 'not like this' }, 'FAILED'],
    ])('lets an approval of %j decide', async (payload, status) => {
      const id = await host.begin({ name: 'approval', tasks: [{ id: 'sign-off', type: 'approval' }] });
      await host.http.post(`/executions/${id}/signals/sign-off`, { payload });
      const done = await host.ended(id);
      expect(done.status).toBe(status);
      if (status === 'FAILED')
        expect(done.errors[0]).toMatchObject({
          error: 'Rejected',
          cause: expect.stringContaining('not like this'),
        });
    });

    test('runs a sub-workflow with its variables and gives its output', async () => {
      await host.submit({
        name: 'double',
        variables: [{ name: 'n', type: 'number', required: true }],
        tasks: [{ id: 'twice', type: 'transform', input: { expression: 'n * 2', data: { n: '${n}' } } }],
      });
      const done = await host.run({
        name: 'calls-double',
        tasks: [
          { id: 'source', type: 'pass', input: { n: 21 } },
          {
            id: 'call',
            type: 'workflow',
            input: { workflow: 'double', variables: { n: '${source.output.n}' } },
            dependsOn: ['source'],
          },
        ],
      });
      expect(done).toMatchObject({ status: 'SUCCEEDED', output: 42 });
      const { childExecutionId } = await host.task(done.executionId, 'call');
      const child = await host.execution(childExecutionId);
      expect(child).toMatchObject({
        kind: 'child',
        workflow: 'double',
        parent: { executionId: done.executionId, taskId: 'call' },
      });
    });

    test('fails a task whose sub-workflow failed, or is not there, and says which', async () => {
      await host.submit({
        name: 'breaks',
        tasks: [{ id: 'bad', type: 'break', input: { permanent: true } }],
      });
      const call = (name: string, workflow: string) =>
        host.run({ name, tasks: [{ id: 'call', type: 'workflow', input: { workflow } }] });
      expect((await call('calls-breaks', 'breaks')).errors[0]).toMatchObject({
        error: 'ChildFailed',
        taskId: 'call',
        cause: expect.stringMatching(/bad.*Broken.*it broke/),
      });
      const missing = await call('calls-nothing', 'not-there');
      expect(missing).toMatchObject({
        status: 'FAILED',
        errors: [{ cause: expect.stringContaining('not-there') }],
      });
    });

    test('runs parallel tasks side by side, with edges among them', async () => {
      const done = await host.run({
        name: 'parallel',
        tasks: [
          { id: 'source', type: 'pass', input: { n: 1 } },
          {
            id: 'both',
            type: 'parallel',
            dependsOn: ['source'],
            input: {
              tasks: [
                { id: 'left', type: 'pass', input: { n: '${source.output.n}' } },
                { id: 'right', type: 'pass', input: { n: 2 } },
                {
                  id: 'last',
                  type: 'pass',
                  input: { from: '${left.output.n}' },
                  dependsOn: ['left', 'right'],
                },
              ],
            },
          },
        ],
      });
      expect(done.output).toEqual({ left: { n: 1 }, right: { n: 2 }, last: { from: 1 } });
    });

    test('maps over items and gives the results in their order', async () => {
      const done = await host.run(
        {
          name: 'map',
          variables: [{ name: 'rows', type: 'array' }],
          tasks: [
            {
              id: 'each',
              type: 'map',
              input: {
                items: '${rows}',
                task: { id: 'one', type: 'pass', input: { at: '${index}', is: '${item.n}' } },
              },
            },
          ],
        },
        { variables: { rows: [{ n: 'a' }, { n: 'b' }, { n: 'c' }] } },
      );
      expect(done.output).toEqual([
        { at: 0, is: 'a' },
        { at: 1, is: 'b' },
        { at: 2, is: 'c' },
      ]);
    });

    test('maps over nothing', async () => {
      const input = { items: [], task: { id: 'one', type: 'pass' } };
      const done = await host.run({ name: 'map-nothing', tasks: [{ id: 'each', type: 'map', input }] });
      expect(done).toMatchObject({ status: 'SUCCEEDED', output: [] });
    });

    test('runs no more of a map at once than its concurrency, and aggregates', async () => {
      const done = await host.run({
        name: 'map-aggregate',
        tasks: [
          {
            id: 'each',
            type: 'map',
            input: {
              items: [1, 2, 3, 4, 5, 6, 7],
              maxConcurrency: 2,
              task: { id: 'one', type: 'hold', input: { ms: '${item * 3}' } },
              aggregate: '$sum(outputs.heldMs)',
            },
          },
        ],
      });
      expect(done.output).toBe(84);
      const { childExecutionId } = await host.task(done.executionId, 'each');
      expect(mostAtOnce(await host.http.events(childExecutionId))).toBe(2);
    });

    test('tolerates as many failed items as a map allows, and no more', async () => {
      const map = (name: string, toleratedFailures: number) =>
        host.run({
          name,
          tasks: [
            {
              id: 'each',
              type: 'map',
              input: {
                items: [1, 9, 2, 9],
                toleratedFailures,
                task: {
                  id: 'one',
                  type: 'flaky',
                  input: { until: '${item}' },
                  retry: { maxAttempts: 2, delayMs: 1 },
                },
              },
            },
          ],
        });
      const tolerant = await map('tolerant', 2);
      expect(tolerant).toMatchObject({
        status: 'SUCCEEDED',
        output: [{ attempt: 1 }, null, { attempt: 2 }, null],
      });
      expect(await map('strict', 1)).toMatchObject({ status: 'FAILED', errors: [{ error: 'ChildFailed' }] });
    });

    test('nests maps, parallels and sub-workflows', async () => {
      const done = await host.run({
        name: 'nested',
        tasks: [
          {
            id: 'outer',
            type: 'map',
            input: {
              items: [1, 2],
              task: {
                id: 'inner',
                type: 'map',
                input: { items: ['a', 'b'], task: { id: 'leaf', type: 'pass', input: '${item}' } },
              },
            },
          },
        ],
      });
      expect(done.output).toEqual([
        ['a', 'b'],
        ['a', 'b'],
      ]);
    });

    test('parks a type that nobody offers, with the reason, and goes on when its file is saved', async () => {
      const id = await host.begin({
        name: 'unknown-type',
        tasks: [
          { id: 'resize', type: 'resize', input: { n: 2 } },
          { id: 'after', type: 'pass', input: '${resize.output}', dependsOn: ['resize'] },
        ],
      });
      await host.taskEvent(id, 'resize', 'task.parked');
      expect(await host.execution(id)).toMatchObject({
        status: 'RUNNING',
        parked: [{ taskId: 'resize', type: 'resize', reason: expect.stringContaining('tasks/resize.ts') }],
      });
      await host.offer('resize', 'export const handler = ({ n }: { n: number }) => ({ n: n * 10 });\n');
      expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED', output: { n: 20 }, parked: [] });
    });
  });
}

/** The most attempts that ran at one moment, by the log. */
export function mostAtOnce(events: { type: string }[]): number {
  let running = 0;
  let most = 0;
  for (const { type } of events) {
    if (type === 'task.started') most = Math.max(most, ++running);
    if (['task.succeeded', 'task.failed', 'task.attempt-failed', 'task.interrupted'].includes(type))
      running--;
  }
  return most;
}
