import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

const ENDINGS = ['execution.succeeded', 'execution.failed', 'execution.cancelled'];
const isEnd = ({ event }: { event?: { type: string } }) => ENDINGS.includes(event?.type ?? '');

export function following(open: OpenHost): void {
  describe('events', () => {
    const host = useHost(open);
    const chain = (name: string, length: number) => ({
      name,
      tasks: Array.from({ length }, (_, at) => ({
        id: `t${at}`,
        type: 'hold',
        input: { ms: 2 },
        dependsOn: at === 0 ? [] : [`t${at - 1}`],
      })),
    });

    test('tell the whole story of an execution, numbered without gaps', async () => {
      const { executionId } = await host.run(chain('story', 2));
      const events = await host.http.events(executionId);
      expect(events.map(({ seq, type, taskId }) => [seq, type, taskId])).toEqual([
        [1, 'execution.submitted', undefined],
        [2, 'execution.started', undefined],
        [3, 'task.started', 't0'],
        [4, 'task.succeeded', 't0'],
        [5, 'task.started', 't1'],
        [6, 'task.succeeded', 't1'],
        [7, 'execution.succeeded', undefined],
      ]);
    });

    test('come live over the socket, the same as in the log', async () => {
      const socket = await host.openSocket();
      const id = await host.begin({ name: 'live', tasks: [{ id: 'go', type: 'signal' }] });
      socket.send({ type: 'subscribe', id: 'one', executionId: id, fromSeq: 1 });
      await socket.next(({ type, id: of }) => type === 'subscribed' && of === 'one');
      await host.http.post(`/executions/${id}/signals/go`);
      await socket.next(isEnd);
      expect(socket.events()).toEqual(await host.http.events(id));
      await socket.close();
    });

    test('are replayed from a number on after each reconnect, without gap or duplicate', async () => {
      const id = await host.begin(chain('reconnects', 60));
      const seen: { seq: number; type: string }[] = [];
      let connections = 0;
      while (!ENDINGS.includes(seen.at(-1)?.type ?? '')) {
        const socket = await host.openSocket();
        connections++;
        const fromSeq = (seen.at(-1)?.seq ?? 0) + 1;
        socket.send({ type: 'subscribe', id: 'again', executionId: id, fromSeq });
        await socket.next((message) => isEnd(message) || message.event?.seq >= fromSeq + 7);
        await socket.close();
        seen.push(...socket.events());
      }
      expect(connections).toBeGreaterThan(3);
      expect(seen).toEqual(await host.http.events(id));
    });

    test('of all executions come by cursor, and go on from one', async () => {
      const first = await host.openSocket();
      first.send({ type: 'subscribe', id: 'all', types: ['execution.succeeded'] });
      await first.next(({ type }) => type === 'subscribed');
      const { executionId } = await host.run(chain('cursor-1', 1));
      const { cursor } = await first.next(({ event }) => event?.executionId === executionId);
      await first.close();
      const missed = await host.run(chain('cursor-2', 1));
      const second = await host.openSocket();
      second.send({ type: 'subscribe', id: 'all', types: ['execution.succeeded'], cursor });
      await second.next(({ event }) => event?.executionId === missed.executionId);
      expect(second.events().map((event) => event.executionId)).toEqual([missed.executionId]);
      await second.close();
    });

    test('are only of the types that were asked for', async () => {
      const { executionId } = await host.run(chain('types', 3));
      const socket = await host.openSocket();
      socket.send({
        type: 'subscribe',
        id: 'some',
        executionId,
        fromSeq: 1,
        types: ['task.succeeded', 'execution.*'],
      });
      await socket.next(isEnd);
      expect(socket.events().map(({ type }) => type)).toEqual([
        'execution.submitted',
        'execution.started',
        'task.succeeded',
        'task.succeeded',
        'task.succeeded',
        'execution.succeeded',
      ]);
      await socket.close();
      const listed = await host.http.get(`/executions/${executionId}/events?types=task.started&limit=2`);
      expect(listed.body.items.map(({ taskId }: { taskId: string }) => taskId)).toEqual(['t0', 't1']);
    });

    test('stop after unsubscribing, and pings are answered', async () => {
      const socket = await host.openSocket();
      socket.send({ type: 'subscribe', id: 'all' });
      await socket.next(({ type }) => type === 'subscribed');
      socket.send({ type: 'unsubscribe', id: 'all' });
      await socket.next(({ type }) => type === 'unsubscribed');
      const before = socket.events().length;
      await host.run(chain('unheard', 1));
      socket.send({ type: 'ping' });
      await socket.next(({ type }) => type === 'pong');
      expect(socket.events()).toHaveLength(before);
      await socket.close();
    });

    test('refuses messages it does not know with a problem, and stays open', async () => {
      const socket = await host.openSocket();
      const refusal = async (message: object | string, code: string) => {
        const sent = socket.messages.length;
        socket.send(message);
        const { error } = await socket.next(
          (came) => came.type === 'error' && socket.messages.indexOf(came) >= sent,
        );
        expect(error).toMatchObject({ code, fix: expect.any(String) });
      };
      await refusal('{', 'MalformedJson');
      await refusal({ type: 'subscrib' }, 'InvalidInput');
      await refusal({ type: 'subscribe', id: 'x', executionId: 'nobody' }, 'NotFound');
      await refusal({ type: 'subscribe', id: 'x', types: ['task.done'] }, 'InvalidInput');
      socket.send({ type: 'ping' });
      await socket.next(({ type }) => type === 'pong');
      await socket.close();
    });
  });
}
