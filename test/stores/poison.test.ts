/** The intake queue with a poison message in it: ElasticMQ, the use case, and the embedded engine behind it. */
import { expect, it } from 'vitest';
import { SqsDeadLetters } from '../../adapters/aws/dead-letters.ts';
import { SqsMessageQueue } from '../../adapters/aws/message-queue.ts';
import { createReceive } from '../../lambdas/receive/receive.ts';
import { instantClock, latest } from '../adapters/aws/service.ts';
import { type ApiHost, openApiHost, WORKFLOW } from '../lambdas/api-host.ts';
import { describeStores } from './dynamodb.ts';
import {
  deleteMessage,
  openQueue,
  type OpenQueue,
  receiveBatch,
  RECEIVES_MAX,
  release,
  until,
} from './sqs.ts';

const silent = { warn() {}, error() {} };

/** What the event source of the function does with one batch. Returns each message's body and how often it was received. */
async function deliver(queue: OpenQueue, host: ApiHost): Promise<{ body: string; receives: number }[]> {
  const batch = await receiveBatch(queue.url);
  const receive = createReceive({
    operations: host.operations,
    logger: silent,
    receivesMax: RECEIVES_MAX,
  });
  const { failedIds } = await receive(
    batch.map(({ MessageId, Body, Attributes }) => ({
      id: MessageId!,
      group: Attributes!.MessageGroupId,
      deduplicationId: Attributes!.MessageDeduplicationId,
      receives: Number(Attributes!.ApproximateReceiveCount),
      body: Body!,
    })),
  );
  for (const message of batch) {
    if (failedIds.includes(message.MessageId!)) await release(queue.url, message);
    else await deleteMessage(queue.url, message);
  }
  return batch.map(({ Body, Attributes }) => ({
    body: Body!,
    receives: Number(Attributes!.ApproximateReceiveCount),
  }));
}

const start = (who: string, workflow = 'greet') =>
  JSON.stringify({ operation: 'start', workflow, variables: { who }, correlationId: who });
const startedBy = async (host: ApiHost) =>
  (await host.reader.list({ limit: 100 })).map(({ correlationId }) => correlationId!).reverse();

describeStores('A poison message', () => {
  it('is set aside after as many receives as allowed, while other groups flow, and a redrive brings it back', async () => {
    const [queue, host] = [await openQueue(), await openApiHost()];
    const { client, url } = queue;
    await host.operations.submit({ document: WORKFLOW });
    const intake = new SqsMessageQueue({ client, queueUrl: url, clock: instantClock(), random: latest });
    const deadLetters = new SqsDeadLetters({ client, queueUrls: [queue.deadLettersUrl] });

    const poison = start('a1', 'not-there-yet');
    const message = (body: string, group: string) => ({ body, group, deduplicationId: body });
    await intake.send([
      message(poison, 'a'),
      message(start('a2'), 'a'),
      ...['b1', 'b2', 'c1'].map((who) => message(start(who), who.charAt(0))),
    ]);

    // One delivery is enough for the others, and what comes after the poison in its group waits.
    const delivered = await deliver(queue, host);
    expect((await startedBy(host)).toSorted()).toEqual(['b1', 'b2', 'c1']);
    await until(async () => {
      delivered.push(...(await deliver(queue, host)));
      return (await startedBy(host)).includes('a2');
    });
    const poisoned = delivered.filter(({ body }) => body === poison);
    expect(poisoned.map(({ receives }) => receives)).toEqual([1, 2, 3]);
    expect(poisoned).toHaveLength(RECEIVES_MAX);
    const letters = await until(async () => {
      await deliver(queue, host);
      const [found] = await deadLetters.list(queue.deadLettersName);
      return found!.messageCount > 0 && found;
    });
    expect(letters).toMatchObject({ messageCount: 1, messages: [{ body: poison, group: 'a' }] });

    await host.operations.submit({ document: { ...WORKFLOW, name: 'not-there-yet' } });
    expect(await deadLetters.redrive(queue.deadLettersName, 10)).toEqual({
      status: 'COMPLETED',
      movedCount: 1,
    });
    await until(async () => {
      await deliver(queue, host);
      return (await startedBy(host)).includes('a1');
    });
    expect((await startedBy(host)).toSorted()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1']);
    expect(await deadLetters.list()).toMatchObject([{ messageCount: 0 }]);
    await Promise.all([queue.close(), host.close()]);
  });
});
