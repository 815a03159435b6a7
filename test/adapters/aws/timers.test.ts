import { SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { readTimer } from '../../../adapters/aws/timer-queue.ts';
import { DELAY_SECONDS_MAX, SqsTimers } from '../../../adapters/aws/timers.ts';
import { InvalidInput, StoreUnavailable } from '../../../core/errors.ts';
import { type Answer, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service?.close());

const NOW_MS = 1_700_000_000_250;
const ref = { executionId: 'ex_1', taskId: 'a', run: 1, hops: 3, detached: true };
const timerIn = (ms: number) => ({ timestamp: new Date(NOW_MS + ms).toISOString(), ref });

async function timers(answer: Answer = { body: { MessageId: 'm1' } }) {
  service = await serve(() => answer);
  const client = new SQSClient({ ...service.settings, md5: false });
  const queueUrl = `${service.url}/123456789012/timers`;
  return { timers: new SqsTimers({ client, queueUrl, clock: { now: () => NOW_MS } }), queueUrl };
}

describe('SqsTimers', () => {
  test('sends a message that says what is due when', async () => {
    const { timers: under, queueUrl } = await timers();
    await under.set(timerIn(60_000));
    expect(service.calls.map(({ operation, body }) => [operation, body])).toEqual([
      ['SendMessage', { QueueUrl: queueUrl, MessageBody: JSON.stringify(timerIn(60_000)), DelaySeconds: 60 }],
    ]);
    expect(readTimer((service.calls[0]!.body as { MessageBody: string }).MessageBody)).toEqual(
      timerIn(60_000),
    );
  });

  test.each([
    [-5_000, 0],
    [0, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [900_000, 900],
    [900_001, 900],
    [12 * 3_600_000, 900],
  ])('delays one that is due in %d ms by %d s', async (ms, seconds) => {
    const { timers: under } = await timers();
    await under.set(timerIn(ms));
    expect(service.calls[0]!.body).toMatchObject({ DelaySeconds: seconds });
  });

  test('never delivers within its reach before the time, and at most a second after it', async () => {
    const sent: number[] = [];
    const client = {
      send: async (command: { input: object }) =>
        void sent.push((command.input as { DelaySeconds: number }).DelaySeconds),
    };
    const under = new SqsTimers({ client: client as never, queueUrl: 'q', clock: { now: () => NOW_MS } });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: DELAY_SECONDS_MAX * 1000 }), async (ms) => {
        await under.set(timerIn(ms));
        const lateMs = sent.at(-1)! * 1000 - ms;
        expect(lateMs).toBeGreaterThanOrEqual(0);
        expect(lateMs).toBeLessThan(1000);
      }),
    );
  });

  test('fails as what the state machines try again when SQS is busy, and names the task', async () => {
    const { timers: under } = await timers(refusal('RequestThrottled', 'Rate exceeded', 403));
    const set = under.set(timerIn(1));
    await expect(set).rejects.toThrow(StoreUnavailable);
    await expect(set).rejects.toThrow(/timer of ex_1\/a to .*: RequestThrottled: Rate exceeded/);
  });

  test('fails with the error of the service where trying again does not help', async () => {
    const { timers: under } = await timers(refusal('QueueDoesNotExist'));
    await expect(under.set(timerIn(1))).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});

describe('readTimer', () => {
  test.each([
    ['no JSON', 'tick'],
    ['no object', '[]'],
    ['no time', JSON.stringify({ ref })],
    ['no real time', JSON.stringify({ timestamp: 'soon', ref })],
    ['no task', JSON.stringify({ timestamp: '2026-01-01T00:00:00Z', ref: { executionId: 'ex_1' } })],
  ])('refuses what has %s', (_, body) => {
    const read = () => readTimer(body);
    expect(read).toThrow(InvalidInput);
    expect(read).toThrow(/^The message is no timer: .+ must be .+, not .+\.$/);
    expect(read).toThrow(expect.objectContaining({ fix: expect.stringContaining('delete it') as string }));
  });
});
