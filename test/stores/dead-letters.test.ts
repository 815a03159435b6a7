import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { SqsDeadLetters } from '../../adapters/aws/dead-letters.ts';
import { SqsMessageQueue } from '../../adapters/aws/message-queue.ts';
import { instantClock, latest } from '../adapters/aws/service.ts';
import { type DeadLettersUnderTest, deadLettersSuite, type Text } from '../ports/dead-letters.suite.ts';
import { describeStores } from './dynamodb.ts';
import {
  countOf,
  deleteMessage,
  openQueue,
  type OpenQueue,
  receiveBatch,
  RECEIVES_MAX,
  release,
  until,
} from './sqs.ts';

const deadLettersOf = ({ client, deadLettersUrl }: OpenQueue) =>
  new SqsDeadLetters({ client, queueUrls: [deadLettersUrl] });

let sent = 0;

async function send({ client, url, name }: OpenQueue, texts: readonly Text[]): Promise<void> {
  if (name.endsWith('.fifo')) {
    const queue = new SqsMessageQueue({ client, queueUrl: url, clock: instantClock(), random: latest });
    return queue.send(texts.map((text) => ({ ...text, deduplicationId: `d${++sent}` })));
  }
  for (const { body } of texts)
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
}

/** Receives without deleting, as whoever fails does, until the queue is empty. Resolves to how often it received. */
async function failAll({ url }: OpenQueue): Promise<number> {
  let receives = 0;
  await until(async () => {
    for (const message of await receiveBatch(url)) {
      receives++;
      await release(url, message);
    }
    return (await countOf(url)) === 0;
  });
  return receives;
}

async function take({ url }: OpenQueue, count: number): Promise<Text[]> {
  const came: Text[] = [];
  await until(async () => {
    for (const message of await receiveBatch(url)) {
      came.push({ body: message.Body!, group: message.Attributes?.MessageGroupId ?? '' });
      await deleteMessage(url, message);
    }
    return came.length >= count;
  });
  return came;
}

const opened = (fifo: boolean) => async (): Promise<DeadLettersUnderTest> => {
  const queue = await openQueue({ fifo });
  return {
    deadLetters: deadLettersOf(queue),
    source: queue.name,
    name: queue.deadLettersName,
    async setAside(texts) {
      await send(queue, texts);
      await failAll(queue);
    },
    take: (count) => take(queue, count),
    close: () => queue.close(),
  };
};

describeStores('On ElasticMQ', () => {
  deadLettersSuite('SqsDeadLetters of a FIFO queue', opened(true), {
    grouped: true,
    redriveAllGap: 'ElasticMQ 1.7.1 takes StartMessageMoveTask of a FIFO queue and moves nothing',
  });
  deadLettersSuite('SqsDeadLetters of a standard queue', opened(false), { grouped: false });

  it('A message is set aside after as many receives as its queue allows', async () => {
    const queue = await openQueue();
    await send(queue, [{ body: 'x', group: 'g' }]);
    expect(await failAll(queue)).toBe(RECEIVES_MAX);
    expect(await deadLettersOf(queue).list()).toMatchObject([{ messageCount: 1 }]);
    await queue.close();
  });
});
