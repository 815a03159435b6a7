/** The protocol of the event socket, as every way of serving it keeps it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asyncApiDocument } from '../../core/api/asyncapi.ts';
import type { CommittedEvent } from '../../core/api/committed-events.ts';
import type { EventType, HoldfastEvent } from '../../core/event/event.ts';
import type { ExecutionView } from '../../core/ports/execution-store.ts';
import type { Principal } from '../../core/ports/tickets.ts';

export type Message = {
  type: string;
  id?: string;
  subscription?: string;
  cursor?: number;
  event?: HoldfastEvent;
  events?: HoldfastEvent[];
  error?: { code: string; status: number; fix: string };
};

const ajv = new Ajv2020({ strict: false }).addSchema(asyncApiDocument('0'), 'asyncapi');

type Listener = (events: readonly CommittedEvent[]) => unknown;

/** A log in memory whose readers answer late, and whose feed can lag behind what can be read. */
export class Log {
  readonly events: HoldfastEvent[] = [];
  readonly #listeners = new Set<Listener>();
  #told = 0;
  delay: () => Promise<void> = () => Promise.resolve();

  append(executionId: string, type: EventType = 'task.started', data?: HoldfastEvent['data']): void {
    const seq = this.events.filter((event) => event.executionId === executionId).length + 1;
    this.events.push({ executionId, seq, atMs: 0, type, ...(data && { data }) });
  }

  /** Resolves when everybody has heard. */
  async tell(): Promise<void> {
    const news = this.events
      .slice(this.#told)
      .map((event, index) => ({ event, cursor: this.#told + index + 1 }));
    this.#told = this.events.length;
    await Promise.all([...this.#listeners].map((listener) => listener(news)));
  }

  write(executionId: string, type?: EventType): Promise<void> {
    this.append(executionId, type);
    return this.tell();
  }

  onTold(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  readonly reader = {
    get: async (id: string) => (id.startsWith('ex') ? ({ id } as ExecutionView) : undefined),
    events: async (id: string, { afterSeq = 0, limit }: { afterSeq?: number; limit: number }) => {
      await this.delay();
      const found = this.events.filter((event) => event.executionId === id && event.seq > afterSeq);
      return found.slice(0, limit);
    },
    feed: async (cursor: number, limit: number) => {
      await this.delay();
      const events = this.events.slice(cursor, cursor + limit);
      return { events, cursor: cursor + events.length };
    },
  };
}

/** Keeps what came, after holding it against AsyncAPI. */
export class Client {
  readonly messages: Message[] = [];
  closed: { code?: number; reason?: string } | undefined;
  #news = Promise.withResolvers<void>();

  took(text: string): void {
    const message = JSON.parse(text) as Message;
    const validate = ajv.getSchema(`asyncapi#/components/messages/${message.type}/payload`)!;
    if (!validate(message)) throw new Error(ajv.errorsText(validate.errors));
    this.messages.push(message);
    this.#news.resolve();
  }

  wasClosed(how: { code?: number; reason?: string } = {}): void {
    this.closed = how;
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
      .flatMap(({ event, events }) => event ?? events!);
  }
}

export interface Opened {
  client: Client;
  receive: (text: string) => void;
  /** What the host logged. */
  faults: unknown[];
}

export interface OpenOptions {
  subscriptionsMax?: number;
  principal?: Principal;
  now?: () => number;
}

export type OpenSocket = (log: Log, options?: OpenOptions) => Promise<Opened>;

const seqs = (events: HoldfastEvent[]) => events.map(({ seq }) => seq);

export function socketSuite(name: string, open: OpenSocket): void {
  const connect = async (log: Log, options?: OpenOptions) => {
    const opened = await open(log, options);
    return { ...opened, ask: (message: unknown) => opened.receive(JSON.stringify(message)) };
  };

  describe(`a subscription of ${name}`, () => {
    test('replays from its number and goes on live', async () => {
      const log = new Log();
      for (let count = 0; count < 3; count++) await log.write('ex1');
      const { client, ask } = await connect(log);
      ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 2 });
      await client.until(() => client.events('s').length === 2);
      await log.write('ex1');
      await log.write('ex2');
      await client.until(() => client.events('s').length === 3);
      expect(seqs(client.events('s'))).toEqual([2, 3, 4]);
      expect(client.messages[0]).toEqual({ type: 'subscribed', id: 's' });
    });

    test('without a start carries only what is new', async () => {
      const log = new Log();
      await log.write('ex1');
      const { client, ask } = await connect(log);
      ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
      await client.until(() => client.messages.length === 1);
      await log.write('ex1');
      await client.until(() => client.events('s').length === 1);
      expect(seqs(client.events('s'))).toEqual([2]);
    });

    test('to all carries a cursor to go on from', async () => {
      const log = new Log();
      for (const id of ['ex1', 'ex2', 'ex1']) await log.write(id);
      const first = await connect(log);
      first.ask({ type: 'subscribe', id: 's', cursor: 0 });
      await first.client.until((client) => client.messages.length === 4);
      expect(first.client.messages.slice(1).map(({ cursor }) => cursor)).toEqual([1, 2, 3]);
      const second = await connect(log);
      second.ask({ type: 'subscribe', id: 's', cursor: 2 });
      await second.client.until((client) => client.messages.length === 2);
      await log.write('ex3');
      await second.client.until((client) => client.messages.length === 3);
      expect(second.client.messages.slice(1).map(({ cursor }) => cursor)).toEqual([3, 4]);
    });

    test('of types carries no others', async () => {
      const log = new Log();
      await log.write('ex1', 'execution.started');
      await log.write('ex1', 'task.failed');
      const { client, ask } = await connect(log);
      ask({
        type: 'subscribe',
        id: 's',
        executionId: 'ex1',
        types: ['task.*', 'execution.failed'],
        fromSeq: 1,
      });
      await client.until(() => client.events('s').length === 1);
      await log.write('ex1', 'execution.paused');
      await log.write('ex1', 'execution.failed');
      await client.until(() => client.events('s').length === 2);
      expect(client.events('s').map(({ type }) => type)).toEqual(['task.failed', 'execution.failed']);
    });

    test('ends when asked to', async () => {
      const log = new Log();
      const { client, ask } = await connect(log);
      ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 1 });
      await client.until(() => client.messages.length === 1);
      ask({ type: 'unsubscribe', id: 's' });
      await client.until(() => client.messages.length === 2);
      await log.write('ex1');
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
            for (let count = 0; count < 10; count++) await log.write('ex1');
            log.delay = async () => {
              await Promise.resolve();
              await Promise.resolve();
            };
            const { client, ask } = await connect(log);
            ask(
              all
                ? { type: 'subscribe', id: 's', cursor: from }
                : { type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: from + 1 },
            );
            const told: Promise<void>[] = [];
            for (const action of steps) {
              if (action === 'tell') told.push(log.tell());
              else if (action === 'turn') await Promise.resolve();
              else log.append(action === 'append1' ? 'ex1' : 'ex2');
            }
            await Promise.all([...told, log.tell()]);
            await new Promise(setImmediate);
            await log.write('ex1');
            const expected = all
              ? log.events.slice(from)
              : log.events.filter(({ executionId, seq }) => executionId === 'ex1' && seq > from);
            await client.until(() => client.events('s').length >= expected.length);
            expect(client.events('s')).toEqual(expected);
          },
        ),
        { numRuns: 300 },
      );
    });
  });

  describe(`${name} refuses`, () => {
    const refusal = async (message: unknown, options: OpenOptions = {}, ...before: unknown[]) => {
      const { client, ask, receive } = await connect(new Log(), options);
      for (const [at, earlier] of before.entries()) {
        ask(earlier);
        await client.until(() => client.messages.length === at + 1);
      }
      if (typeof message === 'string') receive(message);
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

    test('the end of a subscription there is not, naming the nearest', async () => {
      const one = { type: 'subscribe', id: 'watch' };
      const { error } = await refusal({ type: 'unsubscribe', id: 'wacth' }, {}, one);
      expect(error?.fix).toBe('Did you mean "watch"?');
    });

    test('the same id twice, and more subscriptions than the limit', async () => {
      const one = { type: 'subscribe', id: 'a' };
      expect(await refusal(one, {}, one)).toMatchObject({ id: 'a', error: { code: 'Conflict' } });
      const two = await refusal({ type: 'subscribe', id: 'b' }, { subscriptionsMax: 1 }, one);
      expect(two).toMatchObject({ id: 'b', error: { status: 429 } });
    });

    test('to tell of the inside when a replay fails', async () => {
      const log = new Log();
      log.delay = () => Promise.reject(new Error('secret'));
      const { client, ask, faults } = await connect(log);
      ask({ type: 'subscribe', id: 's', cursor: 0 });
      await client.until(() => client.messages.length === 2);
      expect(JSON.stringify(client.messages)).not.toContain('secret');
      expect(client.messages[1]).toMatchObject({ id: 's', error: { code: 'InternalError' } });
      expect(JSON.stringify(faults)).toContain('secret');
    });

    test('messages once what the connection was opened with has expired, and closes it', async () => {
      let nowMs = 0;
      const log = new Log();
      const principal = { subject: 'ada', expiresMs: 1000 };
      const { client, ask } = await connect(log, { principal, now: () => nowMs });
      ask({ type: 'ping' });
      await client.until(() => client.messages.length === 1);
      nowMs = 1000;
      ask({ type: 'ping' });
      await client.until(() => client.closed !== undefined);
      expect(client.messages.map(({ type }) => type)).toEqual(['pong', 'error']);
      expect(client.messages[1]?.error).toMatchObject({ code: 'SessionExpired', status: 401 });
    });

    test('to send events once what the connection was opened with has expired', async () => {
      let nowMs = 0;
      const log = new Log();
      const principal = { subject: 'ada', expiresMs: 1000 };
      const { client, ask } = await connect(log, { principal, now: () => nowMs });
      ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 1 });
      await client.until(() => client.messages.length === 1);
      await log.write('ex1');
      await client.until(() => client.messages.length === 2);
      nowMs = 1000;
      await log.write('ex1');
      await client.until(() => client.closed !== undefined);
      await log.write('ex1');
      expect(seqs(client.events('s'))).toEqual([1]);
      expect(client.messages.at(-1)?.error?.code).toBe('SessionExpired');
    });
  });

  test(`${name} answers a ping`, async () => {
    const { client, ask } = await connect(new Log());
    ask({ type: 'ping' });
    await client.until(() => client.messages.length === 1);
    expect(client.messages).toEqual([{ type: 'pong' }]);
  });
}
