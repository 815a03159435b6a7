import fc from 'fast-check';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { SystemClock } from '../../adapters/embedded/clock.ts';
import { asyncApiDocument } from '../../core/api/asyncapi.ts';
import type { CommittedEvent } from '../../core/api/committed-events.ts';
import type { EventType, HoldfastEvent } from '../../core/event/event.ts';
import type { Execution } from '../../core/execution/execution.ts';
import { createSocket, type Peer, type SocketLimits, type SocketPorts } from '../../lambdas/socket/socket.ts';

type Message = {
  type: string;
  id?: string;
  subscription?: string;
  cursor?: number;
  event?: HoldfastEvent;
  error?: { code: string; status: number; fix: string };
};

const ajv = new Ajv2020({ strict: false }).addSchema(asyncApiDocument('0'), 'asyncapi');

/** A log in memory whose readers answer late, and whose feed can lag behind what can be read. */
class Log {
  readonly events: HoldfastEvent[] = [];
  readonly #listeners = new Set<(events: readonly CommittedEvent[]) => void>();
  told = 0;
  delay: () => Promise<void> = () => Promise.resolve();

  append(executionId: string, type: EventType = 'task.started'): void {
    const seq = this.events.filter((event) => event.executionId === executionId).length + 1;
    this.events.push({ executionId, seq, atMs: 0, type });
  }

  tell(): void {
    const news = this.events
      .slice(this.told)
      .map((event, index) => ({ event, cursor: this.told + index + 1 }));
    this.told = this.events.length;
    for (const listener of this.#listeners) listener(news);
  }

  write(executionId: string, type?: EventType): void {
    this.append(executionId, type);
    this.tell();
  }

  ports(): SocketPorts & { faults: unknown[] } {
    const faults: unknown[] = [];
    return {
      faults,
      clock: new SystemClock(),
      ids: { next: (prefix) => `${prefix}_1` },
      logger: { error: (...all) => void faults.push(all) },
      committed: {
        onCommitted: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
      },
      reader: {
        get: async (id) => (id.startsWith('ex') ? ({ id } as Execution) : undefined),
        events: async (id, { afterSeq = 0, limit }) => {
          await this.delay();
          const found = this.events.filter((event) => event.executionId === id && event.seq > afterSeq);
          return found.slice(0, limit);
        },
        feed: async (cursor, limit) => {
          await this.delay();
          const events = this.events.slice(cursor, cursor + limit);
          return { events, cursor: cursor + events.length };
        },
      },
    };
  }
}

class Client implements Peer {
  readonly messages: Message[] = [];
  closed: { code: number; reason: string } | undefined;
  buffered = 0;
  drains = true;
  #news = Promise.withResolvers<void>();

  send(text: string): void {
    const message = JSON.parse(text) as Message;
    const validate = ajv.getSchema(`asyncapi#/components/messages/${message.type}/payload`)!;
    if (!validate(message)) throw new Error(ajv.errorsText(validate.errors));
    this.messages.push(message);
    if (!this.drains) this.buffered += text.length;
    this.#news.resolve();
  }
  bufferedBytes(): number {
    return this.buffered;
  }
  flushed(): Promise<void> {
    return this.drains
      ? Promise.resolve().then(() => void (this.buffered = 0))
      : new Promise(() => undefined);
  }
  close(code: number, reason: string): void {
    this.closed = { code, reason };
    this.#news.resolve();
  }
  async until(condition: (client: Client) => unknown): Promise<void> {
    while (!condition(this)) {
      this.#news = Promise.withResolvers();
      await this.#news.promise;
    }
  }
  events(subscription: string): HoldfastEvent[] {
    return this.messages
      .filter((message) => message.subscription === subscription)
      .map((message) => message.event!);
  }
}

function connect(log: Log, limits?: Partial<SocketLimits>) {
  const ports = log.ports();
  const client = new Client();
  const connection = createSocket(ports, limits).connect(client);
  return {
    client,
    ports,
    ask: (message: unknown) => connection.receive(JSON.stringify(message)),
    connection,
  };
}

const seqs = (events: HoldfastEvent[]) => events.map(({ seq }) => seq);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a subscription', () => {
  test('replays from its number and goes on live', async () => {
    const log = new Log();
    for (let count = 0; count < 3; count++) log.write('ex1');
    const { client, ask } = connect(log);
    ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 2 });
    await client.until(() => client.events('s').length === 2);
    log.write('ex1');
    log.write('ex2');
    await client.until(() => client.events('s').length === 3);
    expect(seqs(client.events('s'))).toEqual([2, 3, 4]);
    expect(client.messages[0]).toEqual({ type: 'subscribed', id: 's' });
  });

  test('without a start carries only what is new', async () => {
    const log = new Log();
    log.write('ex1');
    const { client, ask } = connect(log);
    ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
    await client.until(() => client.messages.length === 1);
    log.write('ex1');
    expect(seqs(client.events('s'))).toEqual([2]);
  });

  test('to all carries a cursor to go on from', async () => {
    const log = new Log();
    for (const id of ['ex1', 'ex2', 'ex1']) log.write(id);
    const first = connect(log);
    first.ask({ type: 'subscribe', id: 's', cursor: 0 });
    await first.client.until((client) => client.messages.length === 4);
    expect(first.client.messages.slice(1).map(({ cursor }) => cursor)).toEqual([1, 2, 3]);
    const second = connect(log);
    second.ask({ type: 'subscribe', id: 's', cursor: 2 });
    await second.client.until((client) => client.messages.length === 2);
    log.write('ex3');
    await second.client.until((client) => client.messages.length === 3);
    expect(second.client.messages.slice(1).map(({ cursor }) => cursor)).toEqual([3, 4]);
  });

  test('of types carries no others', async () => {
    const log = new Log();
    log.write('ex1', 'execution.started');
    log.write('ex1', 'task.failed');
    const { client, ask } = connect(log);
    ask({
      type: 'subscribe',
      id: 's',
      executionId: 'ex1',
      types: ['task.*', 'execution.failed'],
      fromSeq: 1,
    });
    await client.until(() => client.events('s').length === 1);
    log.write('ex1', 'execution.paused');
    log.write('ex1', 'execution.failed');
    await client.until(() => client.events('s').length === 2);
    expect(client.events('s').map(({ type }) => type)).toEqual(['task.failed', 'execution.failed']);
  });

  test('ends when asked to', async () => {
    const log = new Log();
    const { client, ask } = connect(log);
    ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 1 });
    ask({ type: 'unsubscribe', id: 's' });
    await client.until(() => client.messages.length === 2);
    log.write('ex1');
    expect(client.messages.map(({ type }) => type)).toEqual(['subscribed', 'unsubscribed']);
  });

  test('has no gap and no duplicate, however reading and telling interleave', async () => {
    const step = fc.constantFrom('append1', 'append2', 'tell', 'turn') as fc.Arbitrary<
      'append1' | 'append2' | 'tell' | 'turn'
    >;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.nat(10),
        fc.boolean(),
        async (steps, from, all) => {
          const log = new Log();
          for (let count = 0; count < 10; count++) log.write('ex1');
          log.delay = async () => {
            await Promise.resolve();
            await Promise.resolve();
          };
          const { client, ask } = connect(log);
          ask(
            all
              ? { type: 'subscribe', id: 's', cursor: from }
              : { type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: from + 1 },
          );
          for (const action of steps) {
            if (action === 'tell') log.tell();
            else if (action === 'turn') await Promise.resolve();
            else log.append(action === 'append1' ? 'ex1' : 'ex2');
          }
          log.tell();
          await new Promise(setImmediate);
          log.write('ex1');
          const expected = all
            ? log.events.slice(from)
            : log.events.filter(({ executionId, seq }) => executionId === 'ex1' && seq > from);
          expect(client.events('s')).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('falls back to the log when its client lags, and misses nothing', async () => {
    const log = new Log();
    const { client, ask } = connect(log, { bufferedBytesMax: 1000 });
    ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 1 });
    await client.until(() => client.messages.length === 1);
    client.buffered = 5000;
    for (let count = 0; count < 500; count++) log.write('ex1');
    expect(client.events('s')).toEqual([]);
    await client.until(() => client.events('s').length === 500);
    log.write('ex1');
    await client.until(() => client.events('s').length === 501);
    expect(seqs(client.events('s'))).toEqual(upTo(501));
    expect(client.closed).toBeUndefined();
  });

  test('of a client that reads nothing closes its socket', async () => {
    const log = new Log();
    const { client, ask } = connect(log, { bufferedBytesMax: 1000, drainMsMax: 20 });
    ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
    await client.until(() => client.messages.length === 1);
    client.drains = false;
    for (let count = 0; count < 100; count++) log.write('ex1');
    await client.until(() => client.closed !== undefined);
    expect(client.closed).toEqual({ code: 4008, reason: expect.stringContaining('subscribe again') });
    const before = client.messages.length;
    log.write('ex1');
    expect(client.messages).toHaveLength(before);
  });
});

describe('refuses', () => {
  const refusal = async (message: unknown, limits?: Partial<SocketLimits>, ...before: unknown[]) => {
    const { client, ask, connection } = connect(new Log(), limits);
    for (const earlier of before) ask(earlier);
    if (typeof message === 'string') connection.receive(message);
    else ask(message);
    await client.until(() => client.messages.some(({ type }) => type === 'error'));
    return client.messages.find(({ type }) => type === 'error')!;
  };

  test.each([
    ['text that is no JSON', '{', 'MalformedJson'],
    ['a message without a type', {}, 'InvalidInput'],
    ['an unknown field', { type: 'ping', x: 1 }, 'InvalidRequest'],
    ['an unknown execution', { type: 'subscribe', id: 's', executionId: 'none' }, 'NotFound'],
    ['fromSeq of all', { type: 'subscribe', id: 's', fromSeq: 1 }, 'InvalidInput'],
    ['a cursor of one', { type: 'subscribe', id: 's', executionId: 'ex1', cursor: 1 }, 'InvalidInput'],
    ['a type there is not', { type: 'subscribe', id: 's', types: ['tasks.*'] }, 'InvalidInput'],
    ['the end of nothing', { type: 'unsubscribe', id: 's' }, 'NotFound'],
  ])('%s', async (_what, message, code) => expect((await refusal(message)).error?.code).toBe(code));

  test('a message type there is not, naming the nearest', async () => {
    const { error } = await refusal({ type: 'subscibe', id: 's' });
    expect(error?.fix).toBe('Did you mean "subscribe"?');
  });

  test('the same id twice, and more subscriptions than the limit', async () => {
    const one = { type: 'subscribe', id: 'a' };
    expect(await refusal(one, {}, one)).toMatchObject({ id: 'a', error: { code: 'Conflict' } });
    const two = await refusal({ type: 'subscribe', id: 'b' }, { subscriptionsMax: 1 }, one);
    expect(two).toMatchObject({ id: 'b', error: { status: 429 } });
  });

  test('a flood of messages', async () => {
    const { client, ask } = connect(new Log(), { unansweredMax: 10 });
    for (let count = 0; count < 11; count++) ask({ type: 'ping' });
    expect(client.closed?.code).toBe(1008);
  });

  test('to tell of the inside when a replay fails', async () => {
    const log = new Log();
    log.delay = () => Promise.reject(new Error('secret'));
    const { client, ask, ports } = connect(log);
    ask({ type: 'subscribe', id: 's', cursor: 0 });
    await client.until(() => client.messages.length === 2);
    expect(JSON.stringify(client.messages)).not.toContain('secret');
    expect(client.messages[1]).toMatchObject({ id: 's', error: { code: 'InternalError' } });
    expect(JSON.stringify(ports.faults)).toContain('secret');
  });
});

test('answers a ping', async () => {
  const { client, ask } = connect(new Log());
  ask({ type: 'ping' });
  await client.until(() => client.messages.length === 1);
  expect(client.messages).toEqual([{ type: 'pong' }]);
});
