import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from '../../client/index.ts';
import type { EventType, HoldfastEvent } from '../../core/event/event.ts';
import { type Behaviour, openFakeHost } from './fake-host.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(behaviour: Behaviour) {
  const host = await openFakeHost(behaviour);
  closers.push(() => host.close());
  return { host, client: createClient({ url: host.url, attempts: 1, env: {} }) };
}

const event = (seq: number, type: EventType = 'task.started'): HoldfastEvent => ({
  executionId: 'ex',
  seq,
  atMs: 1000 + seq,
  type,
});

async function collect(events: AsyncIterable<HoldfastEvent>): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of events) seqs.push(seq);
  return seqs;
}

describe('watch', () => {
  test('waits for the end in the log when the host tells of it before', async () => {
    const all = [event(1), event(2, 'execution.succeeded')];
    const { host, client } = await open({
      onSubscribe: ({ send }) => {
        send({ type: 'subscribed', id: 'watch' });
        host.log.push(...all);
        send({ type: 'events', subscription: 'watch', events: all });
      },
    });
    host.execution = { status: 'SUCCEEDED', endedMs: 1002 };
    expect(await collect(client.watch('ex'))).toEqual([1, 2]);
    expect(host.tickets).toBe(1);
  });

  test('goes on after an end that is not the last', async () => {
    const all = [
      event(1, 'execution.failed'),
      event(2, 'execution.redriven'),
      event(3),
      event(4, 'execution.succeeded'),
    ];
    const { host, client } = await open({
      onSubscribe: ({ send }) => {
        host.log.push(all[0]!);
        send({ type: 'event', subscription: 'watch', event: all[0] });
        setTimeout(() => {
          host.log.push(...all.slice(1));
          send({ type: 'events', subscription: 'watch', events: all.slice(1) });
        }, 50);
      },
    });
    // Both runs have ended; the log knows of the first only.
    host.execution = { status: 'SUCCEEDED', endedMs: 1004 };
    expect(await collect(client.watch('ex'))).toEqual([1, 2, 3, 4]);
  });

  test('comes back with a new ticket when its session has expired, from where it was', async () => {
    const asked: number[] = [];
    const { host, client } = await open({
      onSubscribe: ({ send }, { fromSeq }, connection) => {
        asked.push(fromSeq);
        send({ type: 'event', subscription: 'watch', event: event(connection) });
        if (connection === 1) return send({ type: 'error', error: { status: 401, code: 'SessionExpired' } });
        const end = event(3, 'execution.succeeded');
        host.log.push(event(1), event(2), end);
        host.execution = { status: 'SUCCEEDED', endedMs: 1003 };
        send({ type: 'event', subscription: 'watch', event: end });
      },
    });
    expect(await collect(client.watch('ex'))).toEqual([1, 2, 3]);
    expect(asked).toEqual([1, 2]);
    expect(host.tickets).toBe(2);
  });

  test('ends with the execution, whatever types are wanted', async () => {
    let asked: { types?: string[]; batch?: boolean } = {};
    const all = [event(1), event(2, 'task.failed'), event(3, 'execution.failed')];
    const { host, client } = await open({
      onSubscribe: ({ send }, message) => {
        asked = message;
        host.log.push(...all);
        host.execution = { status: 'FAILED', endedMs: 1003 };
        send({ type: 'events', subscription: 'watch', events: all.slice(1) });
      },
    });
    expect(await collect(client.watch('ex', { types: ['task.failed'] }))).toEqual([2]);
    expect(asked.types).toEqual(
      expect.arrayContaining(['task.failed', 'execution.succeeded', 'execution.cancelled']),
    );
    expect(asked.batch).toBe(true);
  });

  test('fails with what the host says when a ticket is refused', async () => {
    const { client } = await open({
      answer: (request, response) => {
        if (request.url !== '/tickets') return false;
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Unauthorized"}');
        return true;
      },
    });
    await expect(collect(client.watch('ex'))).rejects.toMatchObject({
      name: 'AccessRefused',
      status: 401,
      message: expect.stringContaining('refused POST /tickets (401): Unauthorized'),
      fix: expect.stringContaining('HOLDFAST_TOKEN'),
    });
  });

  test('gives up when no connection comes about for long', async () => {
    const { client } = await open({ onSubscribe: ({ close }) => close() });
    await expect(collect(client.watch('ex', { patienceMs: 0 }))).rejects.toMatchObject({
      name: 'HostUnreachable',
    });
  });
});
