import { describe, expect, test } from 'vitest';
import { SystemClock } from '../../adapters/system/clock.ts';
import { createSocket, type Peer, type SocketLimits } from '../../lambdas/socket/socket.ts';
import { Client, Log, type OpenOptions, socketSuite } from './socket.suite.ts';

/** A client whose bytes leave late, or never. */
class SlowClient extends Client implements Peer {
  buffered = 0;
  drains = true;

  send(text: string): void {
    this.took(text);
    if (!this.drains) this.buffered += text.length;
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
    this.wasClosed({ code, reason });
  }
}

function connect(log: Log, { principal, now, ...limits }: OpenOptions & Partial<SocketLimits> = {}) {
  const faults: unknown[] = [];
  const clock = new SystemClock();
  const socket = createSocket(
    {
      clock: now ? { now, sleep: (ms, signal) => clock.sleep(ms, signal) } : clock,
      ids: { next: (prefix) => `${prefix}_1` },
      logger: { error: (...all) => void faults.push(all) },
      committed: { onCommitted: (listener) => log.onTold(listener) },
      reader: log.reader,
    },
    limits,
  );
  const client = new SlowClient();
  const connection = socket.connect(client, principal ?? { subject: 'test' });
  return {
    client,
    faults,
    receive: (text: string) => connection.receive(text),
    ask: (message: unknown) => connection.receive(JSON.stringify(message)),
  };
}

socketSuite('a socket in this process', async (log, options) => connect(log, options));

describe('a client of a socket in this process', () => {
  test('that lags gets its events from the log, and misses nothing', async () => {
    const log = new Log();
    const { client, ask } = connect(log, { bufferedBytesMax: 1000 });
    ask({ type: 'subscribe', id: 's', executionId: 'ex1', fromSeq: 1 });
    await client.until(() => client.messages.length === 1);
    client.buffered = 5000;
    for (let count = 0; count < 500; count++) void log.write('ex1');
    expect(client.events('s')).toEqual([]);
    await client.until(() => client.events('s').length === 500);
    await log.write('ex1');
    await client.until(() => client.events('s').length === 501);
    expect(client.events('s').map(({ seq }) => seq)).toEqual(Array.from({ length: 501 }, (_, at) => at + 1));
    expect(client.closed).toBeUndefined();
  });

  test('that reads nothing is closed', async () => {
    const log = new Log();
    const { client, ask } = connect(log, { bufferedBytesMax: 1000, drainMsMax: 20 });
    ask({ type: 'subscribe', id: 's', executionId: 'ex1' });
    await client.until(() => client.messages.length === 1);
    client.drains = false;
    for (let count = 0; count < 100; count++) void log.write('ex1');
    await client.until(() => client.closed !== undefined);
    expect(client.closed).toEqual({ code: 4008, reason: expect.stringContaining('subscribe again') });
    const before = client.messages.length;
    await log.write('ex1');
    expect(client.messages).toHaveLength(before);
  });

  test('that sends a flood of messages is closed', () => {
    const { client, ask } = connect(new Log(), { unansweredMax: 10 });
    for (let count = 0; count < 11; count++) ask({ type: 'ping' });
    expect(client.closed?.code).toBe(1008);
  });

  test('is closed with a code of its own when its session expires', async () => {
    const { client, ask } = connect(new Log(), { principal: { subject: 'ada', expiresMs: 5 }, now: () => 5 });
    ask({ type: 'ping' });
    await client.until(() => client.closed !== undefined);
    expect(client.closed?.code).toBe(4401);
  });
});
