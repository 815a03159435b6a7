import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { type Host, type OpenHost, useHost } from '../host.ts';

const long = (id: string) => ({ id, type: 'hold', input: { ms: 60_000 } });

/** A parent whose child waits for a signal, once the child does. */
async function withChild(host: Host, name: string): Promise<{ id: string; childId: string }> {
  await host.submit({
    name: `${name}-child`,
    tasks: [
      { id: 'go', type: 'signal' },
      { id: 'after', type: 'pass', dependsOn: ['go'] },
    ],
  });
  const id = await host.begin({
    name,
    tasks: [{ id: 'call', type: 'workflow', input: { workflow: `${name}-child` } }],
  });
  await host.taskEvent(id, 'call', 'task.waiting');
  for (;;) {
    const [child] = await host.http.list(`/executions?parent=${id}`);
    if (child === undefined) continue;
    await host.taskEvent(child.executionId, 'go', 'task.waiting');
    return { id, childId: child.executionId };
  }
}

export function controlling(open: OpenHost): void {
  describe('cancel, pause, resume and restart', () => {
    const host = useHost(open);
    const control = (id: string, verb: string, body?: object) =>
      host.http.post(`/executions/${id}/${verb}`, body);

    test('cancels what runs, what waits and what has not begun, once', async () => {
      const id = await host.begin({
        name: 'cancelled',
        tasks: [
          long('runs'),
          { id: 'waits', type: 'signal' },
          { id: 'later', type: 'pass', dependsOn: ['runs'] },
        ],
      });
      await host.taskEvent(id, 'runs', 'task.started');
      await host.taskEvent(id, 'waits', 'task.waiting');
      const { status, body } = await control(id, 'cancel', { reason: 'no longer needed' });
      expect([status, body.status]).toEqual([200, 'CANCELLED']);
      expect((await control(id, 'cancel')).body.status).toBe('CANCELLED');
      expect(await host.statuses(id)).toEqual({ runs: 'CANCELLED', waits: 'CANCELLED', later: 'CANCELLED' });
      const ends = (await host.http.events(id)).filter(({ type }) => type === 'execution.cancelled');
      expect(ends).toMatchObject([{ data: { reason: 'no longer needed' } }]);
    });

    test('leaves an execution that has ended as it is when it is cancelled', async () => {
      const done = await host.run({ name: 'done', tasks: [{ id: 'one', type: 'pass' }] });
      expect((await control(done.executionId, 'cancel')).body.status).toBe('SUCCEEDED');
    });

    test('cancels children with their parent', async () => {
      const { id, childId } = await withChild(host, 'cancels-children');
      await control(id, 'cancel');
      expect(await host.ended(childId)).toMatchObject({ status: 'CANCELLED' });
      expect(await host.execution(id)).toMatchObject({ status: 'CANCELLED' });
    });

    test('fails the task of a parent whose child was cancelled', async () => {
      const { id, childId } = await withChild(host, 'child-cancelled');
      await control(childId, 'cancel');
      expect(await host.ended(id)).toMatchObject({ status: 'FAILED', errors: [{ error: 'ChildFailed' }] });
    });

    test('starts nothing new while it is paused, and goes on when resumed', async () => {
      const id = await host.begin({
        name: 'paused',
        tasks: [
          { id: 'runs', type: 'signal' },
          { id: 'next', type: 'pass', dependsOn: ['runs'] },
        ],
      });
      await host.taskEvent(id, 'runs', 'task.waiting');
      expect((await control(id, 'pause')).body.status).toBe('PAUSED');
      expect((await control(id, 'pause')).body.status).toBe('PAUSED');
      await host.http.post(`/executions/${id}/signals/runs`);
      await host.taskEvent(id, 'runs', 'task.succeeded');
      expect(await host.statuses(id)).toEqual({ runs: 'SUCCEEDED', next: 'READY' });
      expect((await control(id, 'resume')).body.status).toBe('RUNNING');
      expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
    });

    test('pauses and resumes children with their parent', async () => {
      const { id, childId } = await withChild(host, 'pauses-children');
      await control(id, 'pause');
      expect((await host.execution(childId)).status).toBe('PAUSED');
      await host.http.post(`/executions/${childId}/signals/go`);
      await host.taskEvent(childId, 'go', 'task.succeeded');
      await control(id, 'resume');
      expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
      expect(await host.execution(childId)).toMatchObject({ status: 'SUCCEEDED' });
    });

    test('pauses a child that begins while its parent is being paused', async () => {
      const tasks = [{ id: 'go', type: 'signal' }];
      const definition = {
        name: 'pauses-early',
        tasks: [{ id: 'inner', type: 'parallel', input: { tasks } }],
      };
      await host.submit(definition);
      for (let round = 0; round < 20; round++) {
        const id = await host.start(definition.name);
        if ((await control(id, 'pause')).status === 409) continue;
        for (const { executionId } of await host.http.list(`/executions?parent=${id}`))
          await host.event(executionId, ({ type }) => type === 'execution.paused');
        await control(id, 'resume');
        for (const { executionId } of await host.http.list(`/executions?parent=${id}`))
          await host.http.post(`/executions/${executionId}/signals/go`);
        expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
      }
    });

    test('cancels what is paused', async () => {
      const id = await host.begin({
        name: 'paused-then-cancelled',
        tasks: [{ id: 'waits', type: 'signal' }],
      });
      await host.taskEvent(id, 'waits', 'task.waiting');
      await control(id, 'pause');
      expect((await control(id, 'cancel')).body.status).toBe('CANCELLED');
    });

    test('takes up a parked task when its type came while it was paused', async () => {
      const id = await host.begin({ name: 'parked-and-paused', tasks: [{ id: 'one', type: 'came-late' }] });
      await host.taskEvent(id, 'one', 'task.parked');
      await control(id, 'pause');
      await host.offer('came-late', 'export const handler = () => "here";\n');
      for (;;) {
        const { items } = (await host.http.get('/task-types')).body;
        if (items.some(({ type }: { type: string }) => type === 'came-late')) break;
      }
      await control(id, 'resume');
      expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED', output: 'here' });
    });

    test('refuses to pause or resume what has ended', async () => {
      const done = await host.run({ name: 'ended', tasks: [{ id: 'one', type: 'pass' }] });
      for (const verb of ['pause', 'resume']) {
        const { status, body } = await control(done.executionId, verb);
        expect([status, body.code]).toEqual([409, 'Conflict']);
      }
    });

    test('pauses and resumes at any moment without losing a task', async () => {
      const ids = Array.from({ length: 30 }, (_, at) => `t${at}`);
      const id = await host.begin({
        name: 'often-paused',
        maxConcurrency: 3,
        tasks: ids.map((taskId, at) => ({
          id: taskId,
          type: 'hold',
          input: { ms: 3 },
          dependsOn: at < 5 ? [] : [ids[at - 5]],
        })),
      });
      for (let pauses = 0; pauses < 15; pauses++) {
        if ((await control(id, 'pause')).status === 409) break;
        await control(id, 'resume');
      }
      expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED', tasks: { succeeded: 30 } });
    });

    test('ends cancelled or finished, never in between, when cancelled at any moment', async () => {
      await host.submit({
        name: 'cancelled-any-time',
        tasks: [
          { id: 'a', type: 'pass' },
          {
            id: 'b',
            type: 'map',
            input: { items: [1, 2, 3], task: { id: 'one', type: 'hold', input: { ms: 2 } } },
            dependsOn: ['a'],
          },
          { id: 'c', type: 'pass', dependsOn: ['b'] },
        ],
      });
      const started = await Promise.all(Array.from({ length: 20 }, () => host.start('cancelled-any-time')));
      const stopped = await Promise.all(started.map((id) => control(id, 'cancel')));
      for (const { body } of stopped) expect(['CANCELLED', 'SUCCEEDED']).toContain(body.status);
      for (const id of started) {
        for (const { executionId } of await host.http.list(`/executions?parent=${id}`))
          await host.ended(executionId);
        expect((await host.execution(id)).tasks).toMatchObject({
          ready: 0,
          running: 0,
          waiting: 0,
          pending: 0,
        });
      }
    });

    test('ends every execution, and gives every place back, after any mix of controls', async () => {
      const random = new SeededRandom(6);
      const map = {
        items: [1, 2, 3, 4],
        maxConcurrency: 2,
        task: { id: 'one', type: 'hold', input: { ms: 10 } },
      };
      await host.submit({
        name: 'any-control',
        maxConcurrency: 2,
        tasks: [
          { id: 'first', type: 'hold', input: { ms: 10 } },
          { id: 'each', type: 'map', input: map, dependsOn: ['first'] },
          { id: 'beside', type: 'hold', input: { ms: 30 } },
          { id: 'last', type: 'pass', dependsOn: ['each', 'beside'] },
        ],
      });
      const ids = await Promise.all(Array.from({ length: 10 }, () => host.start('any-control')));
      for (let controls = 0; controls < 150; controls++) {
        const verb = random.pick(['pause', 'resume', 'resume', 'cancel', 'redrive', 'redrive']);
        const { status } = await control(random.pick(ids), verb);
        expect([200, 202, 409]).toContain(status);
      }
      for (const id of ids) {
        await control(id, 'resume');
        await control(id, 'redrive');
        const { run } = await host.execution(id);
        expect(await host.ended(id, run as number)).toMatchObject({
          status: 'SUCCEEDED',
          tasks: { succeeded: 4 },
        });
      }
      expect(await host.places()).toEqual({});
    });

    test('restarts as a new execution, the same one when asked twice', async () => {
      const done = await host.run(
        {
          name: 'restarted',
          variables: [{ name: 'n' }],
          tasks: [{ id: 'one', type: 'pass', input: '${n}' }],
        },
        { variables: { n: 5 } },
      );
      const [first, second] = [
        await control(done.executionId, 'restart'),
        await control(done.executionId, 'restart'),
      ];
      expect(first.status).toBe(202);
      expect(first.body.executionId).not.toBe(done.executionId);
      expect(second.body.executionId).toBe(first.body.executionId);
      expect(await host.ended(first.body.executionId)).toMatchObject({ status: 'SUCCEEDED', output: 5 });
    });

    test('cancels what still runs when it is restarted', async () => {
      const id = await host.begin({ name: 'restarted-early', tasks: [{ id: 'waits', type: 'signal' }] });
      await host.taskEvent(id, 'waits', 'task.waiting');
      const { body } = await control(id, 'restart');
      expect((await host.execution(id)).status).toBe('CANCELLED');
      await host.http.post(`/executions/${body.executionId}/signals/waits`);
      expect(await host.ended(body.executionId)).toMatchObject({ status: 'SUCCEEDED' });
    });
  });
}
