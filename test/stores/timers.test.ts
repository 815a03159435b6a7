/** Timers on ElasticMQ: delays, the use case behind them, and a poison message among them. */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { SqsDeadLetters } from '../../adapters/aws/dead-letters.ts';
import { SqsTimers } from '../../adapters/aws/timers.ts';
import { readTimer } from '../../adapters/aws/timer-queue.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import { createRemind } from '../../lambdas/remind/remind.ts';
import { describeStores } from './dynamodb.ts';
import { countOf, deleteMessage, openQueue, receiveBatch, release, until } from './sqs.ts';

const clock = new SystemClock();
const ref = (taskId: string) => ({ executionId: 'e1', taskId, run: 1, hops: 0, detached: true });
const after = (taskId: string, ms: number) => ({
  timestamp: new Date(clock.now() + ms).toISOString(),
  ref: ref(taskId),
});

/** A queue, and what the event source of the function does with one batch. `aheadMs`: how far the queue's delays fall short. */
async function open({ aheadMs = 0 } = {}) {
  const queue = await openQueue({ fifo: false });
  const { client, url } = queue;
  const logger = { warn: () => undefined, error: () => undefined };
  const schedules = { add: () => Promise.reject(new Error('no time is that far here')) };
  const timersBy = (now: () => number) =>
    new SqsTimers({ client, queueUrl: url, schedules, clock: { now }, logger });
  const timers = timersBy(() => clock.now());
  const started: { input: JsonObject; atMs: number }[] = [];
  const remind = createRemind({
    clock,
    timers,
    dispatcher: {
      start: async (machine, name, input) => {
        expect([machine, name]).toEqual(['task', `e1/${input.taskId as string}`]);
        started.push({ input, atMs: clock.now() });
      },
    },
    logger,
  });
  let deliveries = 0;
  return {
    ...queue,
    started,
    /** Set by a clock that is ahead: the message comes early, as the first of several would. */
    first: timersBy(() => clock.now() + aheadMs),
    deliveries: () => deliveries,
    async deliver() {
      const batch = await receiveBatch(url);
      deliveries += batch.length;
      const { failedIds } = await remind(
        batch.map(({ MessageId, Body }) => ({ id: MessageId!, read: () => readTimer(Body!) })),
      );
      for (const message of batch) {
        if (failedIds.includes(message.MessageId!)) await release(url, message);
        else await deleteMessage(url, message);
      }
    },
  };
}

describeStores('Timers on ElasticMQ', () => {
  it('come when their time has come, and no earlier, by one message after another', async () => {
    const queue = await open({ aheadMs: 1_500 });
    const timer = after('a', 2_200);
    await queue.first.set(timer);
    await until(async () => {
      await queue.deliver();
      return queue.started.length > 0;
    });
    const { executionId, taskId, run, hops } = timer.ref;
    expect(queue.started.map(({ input }) => input)).toEqual([{ executionId, taskId, run, hops }]);
    expect(queue.started[0]!.atMs).toBeGreaterThanOrEqual(Date.parse(timer.timestamp));
    expect(queue.deliveries()).toBeGreaterThanOrEqual(2);
    expect(await countOf(queue.url)).toBe(0);
    await queue.close();
  });

  it('pass a poison message, which goes to the dead letters', async () => {
    const queue = await open();
    const { client, url, deadLettersUrl } = queue;
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'tick' }));
    await queue.first.set(after('a', -1_000));
    const dead = new SqsDeadLetters({ client, queueUrls: [deadLettersUrl] });
    await until(async () => {
      await queue.deliver();
      return (await countOf(deadLettersUrl)) === 1;
    });
    expect(queue.started.map(({ input }) => input.taskId)).toEqual(['a']);
    expect(await dead.list(queue.deadLettersName)).toMatchObject([{ messages: [{ body: 'tick' }] }]);
    await queue.close();
  });
});
