import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommittedEvent } from '../../core/api/committed-events.ts';
import type { Connections } from '../../core/ports/connections.ts';
import { SENDING_MS, type Subscriptions } from '../../core/ports/subscriptions.ts';
import { createPush } from '../../core/socket/push.ts';
import { createStoredSocket } from '../../lambdas/socket/stored-socket.ts';
import { MemorySubscriptions } from '../ports/memory-subscriptions.ts';
import { Gateway } from './gateway.ts';
import { Client, Log, type OpenOptions, socketSuite } from './socket.suite.ts';

/** A host without a process of its own: each `socket()` is another function's, over the same store and gateway. */
function serve(log: Log, { subscriptionsMax, now = () => 0 }: OpenOptions = {}) {
  const faults: unknown[] = [];
  const gateway = new Gateway();
  const clock = { now, sleep: () => new Promise<void>(setImmediate) };
  const subscriptions = new MemorySubscriptions(clock);
  let ids = 0;
  const make = (store: Subscriptions = subscriptions, connections: Connections = gateway) => {
    const ports = {
      subscriptions: store,
      connections,
      reader: log.reader,
      executions: log.reader,
      positions: {
        newest: async (executionId?: string) =>
          log.events.filter((event) => executionId === undefined || event.executionId === executionId).length,
      },
      clock,
      ids: { next: (prefix: string) => `${prefix}_${++ids}` },
      logger: {
        warn: (...all: unknown[]) => void faults.push(all),
        error: (...all: unknown[]) => void faults.push(all),
      },
    };
    const push = createPush(ports);
    return { push, socket: createStoredSocket({ ...ports, push }, subscriptionsMax) };
  };
  return { gateway, subscriptions, faults, make, ...make() };
}

async function connect(log: Log, options: OpenOptions = {}) {
  const host = serve(log, options);
  const { gateway, socket, push } = host;
  log.onTold((news) => push.news(news));
  const client = new Client();
  gateway.clients.set('c1', client);
  await socket.connect('c1', options.principal ?? { subject: 'test' });
  return {
    ...host,
    client,
    receive: (text: string) => void socket.message('c1', text),
    ask: (message: unknown) => socket.message('c1', JSON.stringify(message)),
  };
}

socketSuite('a socket held elsewhere', connect);

const types = ({ messages }: Client) => messages.map(({ type }) => type);
const seqs = (client: Client) => client.events('s').map(({ seq }) => seq);
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('a socket held elsewhere', () => {
  test('gets several events in one message when it says so', async () => {
    const log = new Log();
    const { client, ask, gateway } = await connect(log);
    for (let count = 0; count < 1200; count++) log.append('ex1');
    await ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 1, batch: true });
    await ask({ type: 'subscribe', id: 'all', cursor: 0, batch: true });
    expect(seqs(client)).toEqual(upTo(1200));
    expect(client.events('all')).toEqual(log.events);
    expect(gateway.posts).toBeLessThan(20);
    expect(client.messages.findLast(({ subscription }) => subscription === 'all')?.cursor).toBe(1200);
    await log.write('ex1');
    expect(client.messages.at(-1)).toMatchObject({ type: 'event', event: { seq: 1201 } });
  });

  test('gets an event too large for a message without its data, and where to find that', async () => {
    const log = new Log();
    const { client, ask } = await connect(log);
    log.append('ex1', 'signal.received', { payload: 'ä'.repeat(70_000) });
    log.append('ex1', 'signal.received', { payload: 'ä'.repeat(50_000) });
    await ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 1, batch: true });
    const [first, second] = client.events('s');
    expect(first?.data?.omitted).toMatch(
      /^140\d{3} bytes: GET \/executions\/ex1\/events\?afterSeq=0&limit=1$/,
    );
    expect(second).toEqual(log.events[1]);
    for (const message of client.messages)
      expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(131_072);
  });

  test('is forgotten when its client has gone, told or found out', async () => {
    const log = new Log();
    const { client, ask, gateway, socket, subscriptions } = await connect(log);
    await ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
    await socket.disconnect('c1');
    expect(subscriptions.size).toBe(0);
    await socket.connect('c2', { subject: 'test' });
    gateway.clients.set('c2', client);
    await socket.message('c2', '{"type":"subscribe","id":"s","executionId":"ex1"}');
    gateway.clients.delete('c2');
    await log.write('ex1');
    expect(subscriptions.size).toBe(0);
  });

  test('is closed when it is not known whether a message arrived', async () => {
    const log = new Log();
    const { client, ask, gateway, subscriptions, faults } = await connect(log);
    await ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
    gateway.post = () => Promise.reject(new Error('no answer'));
    await log.write('ex1');
    expect(client.closed).toBeDefined();
    expect(subscriptions.size).toBe(0);
    expect(JSON.stringify(faults)).toContain('no answer');
  });

  test('goes on when the log could not be read and is asked again', async () => {
    const log = new Log();
    const { client, ask } = await connect(log);
    await ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
    log.delay = () => Promise.reject(new Error('throttled'));
    await expect(log.write('ex1')).rejects.toThrow('throttled');
    log.delay = () => Promise.resolve();
    await log.write('ex1');
    expect(seqs(client)).toEqual([1, 2]);
  });

  test('is closed by the next news, or by its ping, after a sender died', async () => {
    for (const wake of ['news', 'ping']) {
      let nowMs = 0;
      const log = new Log();
      const { client, ask, subscriptions } = await connect(log, { now: () => nowMs });
      await ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
      await subscriptions.hold({ connectionId: 'c1', id: 's' }, 'dead');
      await log.write('ex1');
      await ask({ type: 'ping' });
      expect(types(client)).toEqual(['subscribed', 'pong']);
      nowMs += SENDING_MS;
      await (wake === 'news' ? log.write('ex1') : ask({ type: 'ping' }));
      expect(client.closed).toBeDefined();
      expect(seqs(client)).toEqual([]);
      expect(subscriptions.size).toBe(0);
    }
  });

  test('that nobody knows any more is told so, and closed', async () => {
    const { client, ask, subscriptions } = await connect(new Log());
    await subscriptions.disconnect('c1');
    await ask({ type: 'ping' });
    expect(client.messages[0]?.error).toMatchObject({ code: 'SessionLost', status: 401 });
    expect(client.closed).toBeDefined();
  });

  test('unsubscribes once nobody sends, and hears nothing more', async () => {
    const log = new Log();
    const { client, ask, subscriptions } = await connect(log);
    await ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
    const ref = { connectionId: 'c1', id: 's' };
    await subscriptions.hold(ref, 'sender');
    const unsubscribed = ask({ type: 'unsubscribe', id: 's' });
    await new Promise(setImmediate);
    expect(types(client)).toEqual(['subscribed']);
    await subscriptions.release(ref, 'sender', 0);
    await unsubscribed;
    expect(types(client)).toEqual(['subscribed', 'unsubscribed']);
  });
});

/** What happens to a function whose process dies: no call returns any more. */
class Crash extends Error {}

describe('clients of a socket held elsewhere', () => {
  type Step =
    | { kind: 'write'; execution: 0 | 1 }
    | { kind: 'push' | 'tick' | 'crash' | 'sleep' | 'turn' | 'leave' | 'ping' };
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('write' as const), execution: fc.constantFrom(0, 1) }),
    },
    { weight: 4, arbitrary: fc.constant<Step>({ kind: 'push' }) },
    { weight: 8, arbitrary: fc.constant<Step>({ kind: 'tick' }) },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'turn' }) },
    ...(['crash', 'sleep', 'leave', 'ping'] as const).map((kind) => ({
      weight: 1,
      arbitrary: fc.constant<Step>({ kind }),
    })),
  );

  test('see every event once and in order, whoever sends, dies or reconnects', async () => {
    let connections = 0;
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120 }),
        fc.infiniteStream(fc.nat(3)),
        fc.boolean(),
        fc.boolean(),
        async (steps, delays, all, batch) => {
          let nowMs = 0;
          const log = new Log();
          const host = serve(log, { now: () => nowMs });
          const { gateway, subscriptions } = host;
          const pause = async () => {
            for (let turns = delays.next().value!; turns > 0; turns--) await Promise.resolve();
          };
          log.delay = pause;

          /** A function of its own that dies after so many calls of its ports. */
          const senders: { callsLeft: number }[] = [];
          const spawn = () => {
            const life = { callsLeft: Infinity };
            senders.push(life);
            const mortal = <Port extends object>(port: Port): Port =>
              new Proxy(port, {
                get: (target, name) => {
                  const value = Reflect.get(target, name) as unknown;
                  if (typeof value !== 'function') return value;
                  return async (...given: unknown[]) => {
                    await pause();
                    if (life.callsLeft-- <= 0) throw new Crash();
                    const answer = (await value.apply(target, given)) as unknown;
                    await pause();
                    if (life.callsLeft <= 0) throw new Crash();
                    return answer;
                  };
                },
              });
            return host.make(mortal(subscriptions as Subscriptions), mortal(gateway as Connections));
          };
          const running = new Set<Promise<void>>();
          const run = (work: Promise<void>, died: () => void = () => undefined) => {
            const safe = work.catch((error: unknown) => {
              if (!(error instanceof Crash)) throw error;
              crashes++;
              died();
            });
            running.add(safe);
            void safe.finally(() => running.delete(safe));
          };
          /** What the stream still has to tell of; a batch whose function died is told of again. */
          const untold: CommittedEvent[][] = [];
          const tell = () => {
            const batch = untold.splice(0).flat();
            run(spawn().push.news(batch), () => untold.push(batch));
          };

          const received: typeof log.events = [];
          let id = 0;
          const open = async () => {
            connections++;
            const client = new Client();
            gateway.clients.set(`c${++id}`, client);
            await subscriptions.connect(`c${id}`, { subject: 'test' });
            const wanted = all
              ? { cursor: received.length }
              : { executionId: 'ex0', fromSeq: received.length + 1 };
            const text = JSON.stringify({ type: 'subscribe', id: 's', batch, ...wanted });
            run(spawn().socket.message(`c${id}`, text));
            return client;
          };
          let client = await open();
          /** What the client does by itself: takes what came, and comes back when it was closed. */
          const live = async () => {
            if (!client.closed) return;
            received.push(...client.events('s'));
            client = await open();
          };

          for (const { kind, ...more } of steps) {
            if (kind === 'write') {
              log.append(`ex${(more as { execution: number }).execution}`);
              untold.push([{ event: log.events.at(-1)!, cursor: log.events.length }]);
            }
            if (kind === 'push') tell();
            if (kind === 'crash' && senders.length > 0) senders.at(-1)!.callsLeft = delays.next().value! * 2;
            if (kind === 'sleep') nowMs += SENDING_MS / 2 + 1;
            if (kind === 'tick') for (let ticks = 0; ticks < 5; ticks++) await Promise.resolve();
            if (kind === 'turn') await new Promise(setImmediate);
            if (kind === 'leave') client.wasClosed();
            if (kind === 'ping') run(spawn().socket.message(`c${id}`, '{"type":"ping"}'));
            await live();
          }

          // From here on nobody dies.
          for (const life of senders) if (life.callsLeft > 0) life.callsLeft = Infinity;
          tell();
          while (running.size > 0) await Promise.all(running);
          tell();
          for (let round = 0; round < 3; round++) {
            await Promise.all(running);
            nowMs += SENDING_MS;
            run(spawn().socket.message(`c${id}`, '{"type":"ping"}'));
            await Promise.all(running);
            // Its first message was lost with whoever took it.
            if (client.messages[0]?.type !== 'subscribed') client.wasClosed();
            await live();
          }
          await Promise.all(running);
          received.push(...client.events('s'));
          expect(received).toEqual(
            all ? log.events : log.events.filter(({ executionId }) => executionId === 'ex0'),
          );
        },
      ),
      { numRuns: 300 },
    );
    expect(connections).toBeGreaterThan(500);
    expect(crashes).toBeGreaterThan(30);
  });
});
