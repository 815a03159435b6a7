import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from 'vitest';
import { MESSAGE_BYTES_MAX, SqsMessageQueue } from '../../../adapters/aws/message-queue.ts';
import { TRIES_MAX } from '../../../adapters/aws/retry.ts';
import { InvalidInput, PayloadTooLarge, StoreUnavailable } from '../../../core/errors.ts';
import type { QueueMessage } from '../../../core/ports/message-queue.ts';
import { type Call, instantClock, latest, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service.close());

type Entry = { Id: string; MessageBody: string; MessageGroupId: string; MessageDeduplicationId: string };
const taken = ({ Id }: Entry) => ({ Id, MessageId: `m${Id}`, MD5OfMessageBody: 'x' });
const clock = instantClock();

async function queue(answer: (call: Call, entries: Entry[], nth: number) => object = answerAll) {
  service = await serve((call) => ({
    body: answer(call, call.body.Entries as Entry[], service.calls.length),
  }));
  // The service computes the digests; here it would have to be one.
  const client = new SQSClient({ ...service.settings, md5: false });
  return new SqsMessageQueue({
    client,
    queueUrl: `${service.url}/123456789012/lane.fifo`,
    clock,
    random: latest,
  });
}

const answerAll = (_call: Call, entries: Entry[]) => ({ Successful: entries.map(taken), Failed: [] });
const message = (n: number, more: Partial<QueueMessage> = {}): QueueMessage => ({
  body: `b${n}`,
  group: 'g',
  deduplicationId: `d${n}`,
  ...more,
});
const bodies = (call: Call) => (call.body.Entries as Entry[]).map(({ MessageBody }) => MessageBody);

describe('SqsMessageQueue', () => {
  test('sends ten at once, in order', async () => {
    const lane = await queue();
    await lane.send(Array.from({ length: 23 }, (_, n) => message(n)));
    expect(service.calls.map((call) => bodies(call).length)).toEqual([10, 10, 3]);
    expect(service.calls.flatMap(bodies)).toEqual(Array.from({ length: 23 }, (_, n) => `b${n}`));
  });

  test('sends nothing for nothing', async () => {
    await (await queue()).send([]);
    expect(service.calls).toEqual([]);
  });

  test('sends no more bytes at once than a message may have', async () => {
    const lane = await queue();
    const body = 'x'.repeat(MESSAGE_BYTES_MAX / 2);
    await lane.send([1, 2, 3].map((n) => message(n, { body })));
    expect(service.calls.map((call) => bodies(call).length)).toEqual([2, 1]);
  });

  test('says group, id and attributes', async () => {
    await (await queue()).send([message(1, { attributes: { precedence: 'flash' } })]);
    expect(service.calls[0]!.body.Entries).toEqual([
      {
        Id: '0',
        MessageBody: 'b1',
        MessageGroupId: 'g',
        MessageDeduplicationId: 'd1',
        MessageAttributes: { precedence: { DataType: 'String', StringValue: 'flash' } },
      },
    ]);
  });

  test('hashes groups and ids that SQS would not take, and keeps different ones apart', async () => {
    const long = 'x'.repeat(200);
    await (await queue()).send([
      message(1, { group: `${long}1`, deduplicationId: 'Zürich 1' }),
      message(2, { group: `${long}2`, deduplicationId: 'Zürich 2' }),
    ]);
    const entries = service.calls[0]!.body.Entries as Entry[];
    for (const { MessageGroupId, MessageDeduplicationId } of entries) {
      expect(MessageGroupId).toMatch(/^[!-~]{128}$/);
      expect(MessageDeduplicationId).toMatch(/^Z-rich-\d-[0-9a-f]{32}$/);
    }
    expect(new Set(entries.map((entry) => entry.MessageGroupId)).size).toBe(2);
  });

  test('sends again what the service turned away, and only that', async () => {
    const lane = await queue((_call, entries, nth) =>
      nth > 1
        ? { Successful: entries.map(taken), Failed: [] }
        : {
            Successful: entries.slice(0, 1).map(taken),
            Failed: entries.slice(1).map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
          },
    );
    await lane.send([1, 2, 3].map((n) => message(n)));
    expect(service.calls.map(bodies)).toEqual([
      ['b1', 'b2', 'b3'],
      ['b2', 'b3'],
    ]);
  });

  test('fails as unavailable when it is turned away too often, pausing longer each time', async () => {
    clock.slept.length = 0;
    const lane = await queue((_call, entries) => ({
      Failed: entries.map(({ Id }) => ({ Id, Code: 'RequestThrottled', SenderFault: false })),
    }));
    await expect(lane.send([message(1)])).rejects.toThrow(
      /SQS did not take 1 of 1 messages: RequestThrottled/,
    );
    expect(service.calls).toHaveLength(TRIES_MAX);
    expect(clock.slept.map(Math.round)).toEqual([100, 200, 400, 800, 1600, 3200]);
  });

  test('refuses what the service blames on the sender, without trying again', async () => {
    const lane = await queue((_call, [entry]) => ({
      Failed: [{ Id: entry!.Id, Code: 'InvalidMessageContents', Message: 'no', SenderFault: true }],
    }));
    await expect(lane.send([message(1)])).rejects.toThrow(InvalidInput);
    expect(service.calls).toHaveLength(1);
  });

  test.each([
    ['a control character', { body: 'a\u0000b' }, /body .* not text/],
    ['half a surrogate pair', { body: 'a\ud800' }, /body .* not text/],
    ['no character of XML', { body: '\uffff' }, /body .* not text/],
    ['nothing', { body: '' }, /body .* is empty/],
    ['an attribute that is not text', { attributes: { a: '\u0001' } }, /The a of a message .* not text/],
    [
      'eleven attributes',
      { attributes: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, 'x'])) },
      /has 11 attributes; SQS takes 10/,
    ],
  ])('refuses %s, and sends none of the batch', async (_, more, said) => {
    const sent = (await queue()).send([message(1), message(2, more as Partial<QueueMessage>)]);
    await expect(sent).rejects.toThrow(InvalidInput);
    await expect(sent).rejects.toThrow(said);
    expect(service.calls).toEqual([]);
  });

  test('takes every other character', async () => {
    await (await queue()).send([message(1, { body: 'a\t\n\r é \ud83d\udef0 \u{10ffff}' })]);
    expect(service.calls).toHaveLength(1);
  });

  test('refuses a message beyond a mebibyte, attributes counted', async () => {
    const lane = await queue();
    const body = 'x'.repeat(MESSAGE_BYTES_MAX - 'aStringb'.length);
    await lane.send([message(1, { body, attributes: { a: 'b' } })]);
    await expect(lane.send([message(1, { body, attributes: { a: 'bb' } })])).rejects.toThrow(PayloadTooLarge);
    expect(service.calls).toHaveLength(1);
  });

  test('fails as unavailable when the whole request is throttled', async () => {
    service = await serve(() => refusal('RequestThrottled'));
    const client = new SQSClient(service.settings);
    const lane = new SqsMessageQueue({ client, queueUrl: `${service.url}/q.fifo`, clock, random: latest });
    await expect(lane.send([message(1)])).rejects.toThrow(StoreUnavailable);
  });
});
