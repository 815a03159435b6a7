import { SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { Schedules } from '../../../adapters/aws/schedules.ts';
import { readTimer } from '../../../adapters/aws/timer-queue.ts';
import { SqsTimers } from '../../../adapters/aws/timers.ts';
import { AHEAD_MS, DELAY_SECONDS_MAX, UNSCHEDULED_MS_MAX } from '../../../adapters/aws/delayed-messages.ts';
import { InvalidInput, StoreUnavailable } from '../../../core/errors.ts';
import { createRemind } from '../../../lambdas/remind/remind.ts';
import { VirtualClock } from '../../embedded/virtual-clock.ts';
import { type Started, timersSuite } from '../../ports/timers.suite.ts';
import { type Answer, type Call, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service?.close());

const NOW_MS = 1_700_000_000_250;
const ref = { executionId: 'ex_1', taskId: 'a', run: 1, hops: 3 };
const timerIn = (ms: number) => ({ timestamp: new Date(NOW_MS + ms).toISOString(), ref });
const FAR_MS = UNSCHEDULED_MS_MAX + 1;
const ARNS = { queueArn: 'arn:queue', deadLettersArn: 'arn:dead-letters', roleArn: 'arn:role' };

const isSchedule = ({ operation }: Call) => operation.startsWith('POST /schedules/');

/** Over clients that talk to one server; `answer` is the queue's, `scheduled` that of Scheduler. */
async function timers(answer: Answer = { body: { MessageId: 'm1' } }, scheduled: Answer = {}) {
  service = await serve((call) => (isSchedule(call) ? scheduled : answer));
  const client = new SQSClient({ ...service.settings, md5: false });
  const queueUrl = `${service.url}/123456789012/timers`;
  const schedules = new Schedules({
    config: client.config,
    endpoint: service.url,
    pauses: { clock: { now: () => NOW_MS, sleep: () => Promise.resolve() }, random: { next: () => 0.5 } },
    group: 'holdfast',
    ...ARNS,
  });
  const warned: string[] = [];
  const logger = { warn: (text: string) => void warned.push(text) };
  const under = new SqsTimers({ client, queueUrl, schedules, clock: { now: () => NOW_MS }, logger });
  return { timers: under, queueUrl, warned };
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
    [UNSCHEDULED_MS_MAX, 900],
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
    const under = new SqsTimers({
      client: client as never,
      queueUrl: 'q',
      schedules: { add: () => Promise.reject(new Error('not wanted')) },
      clock: { now: () => NOW_MS },
      logger: { warn: () => undefined },
    });
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
    await expect(set).rejects.toThrow(/message "ex_1\/a\/1\/.*" to .*: RequestThrottled: Rate exceeded/);
  });

  test('fails with the error of the service where trying again does not help', async () => {
    const { timers: under } = await timers(refusal('QueueDoesNotExist'));
    await expect(under.set(timerIn(1))).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});

describe('SqsTimers, of a time that is far', () => {
  test('has one schedule send the message ahead of the time, with a name of its own', async () => {
    const { timers: under } = await timers();
    await under.set(timerIn(FAR_MS));
    expect(service.calls.map(({ operation, body }) => [operation, body])).toEqual([
      [
        expect.stringMatching(/^POST \/schedules\/ex_1-a-1-[0-9A-Z.-]+-[0-9a-f]{32}$/),
        {
          GroupName: 'holdfast',
          ScheduleExpression: `at(${new Date(NOW_MS + FAR_MS - AHEAD_MS).toISOString().slice(0, 19)})`,
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: {
            Arn: ARNS.queueArn,
            RoleArn: ARNS.roleArn,
            DeadLetterConfig: { Arn: ARNS.deadLettersArn },
            Input: JSON.stringify(timerIn(FAR_MS)),
          },
        },
      ],
    ]);
    const { Target } = service.calls[0]!.body as { Target: { Input: string } };
    expect(readTimer(Target.Input)).toEqual(timerIn(FAR_MS));
  });

  test('names the schedules of other times, tasks and runs otherwise, and that of the same again the same', async () => {
    const { timers: under } = await timers();
    const far = timerIn(FAR_MS);
    const others = [
      timerIn(FAR_MS + 1),
      { ...far, ref: { ...ref, taskId: 'b' } },
      { ...far, ref: { ...ref, run: 2 } },
    ];
    for (const timer of [far, { ...far, ref: { ...ref, hops: 4 } }, ...others]) await under.set(timer);
    const [first, again, ...rest] = service.calls.map(({ operation }) => operation);
    expect(again).toBe(first);
    expect(new Set([first, ...rest]).size).toBe(4);
    for (const name of [first, ...rest]) expect(name!.split('/').at(-1)!.length).toBeLessThanOrEqual(64);
  });

  test('takes a schedule that is there already for its own', async () => {
    const { timers: under, warned } = await timers({}, refusal('ConflictException', 'exists', 409));
    await under.set(timerIn(FAR_MS));
    expect([service.calls.length, warned]).toEqual([1, []]);
  });

  test.each([
    ['ThrottlingException', 429],
    ['ServiceQuotaExceededException', 402],
    ['InternalServerException', 500],
  ])('keeps it by messages, and says so, where Scheduler answers %s', async (name, status) => {
    const { timers: under, warned } = await timers({ body: {} }, refusal(name, 'Rate exceeded', status));
    await under.set(timerIn(FAR_MS));
    expect(service.of('SendMessage').map(({ body }) => body as object)).toMatchObject([
      { MessageBody: JSON.stringify(timerIn(FAR_MS)), DelaySeconds: DELAY_SECONDS_MAX },
    ]);
    expect(warned).toHaveLength(1);
  });

  test('fails with the error of the service where a message would only hide it', async () => {
    const { timers: under } = await timers({}, refusal('AccessDeniedException', 'no', 403));
    await expect(under.set(timerIn(FAR_MS))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(service.of('SendMessage')).toEqual([]);
  });
});

/** The queue and Scheduler as their guides have them, on a clock of the test, and `remind` behind the queue. */
function hosted(
  { clock, started }: { clock: VirtualClock; started: Started[] },
  { lateMs, refuses = () => false }: { lateMs: number; refuses?: () => boolean },
) {
  const names = new Set<string>();
  let messages = 0;
  const after = (ms: number, happen: () => void) => void clock.sleep(Math.max(0, ms)).then(happen);
  const deliver = (body: string) =>
    void remind([{ id: `m${++messages}`, read: () => readTimer(body) }]).then(({ failedIds }) =>
      expect(failedIds).toEqual([]),
    );
  const client = {
    send: async ({ input: { MessageBody, DelaySeconds } }: { input: Record<string, unknown> }) =>
      after(Number(DelaySeconds) * 1000, () => deliver(String(MessageBody))),
  };
  const schedules = {
    add: async ({ name, atMs, body }: Parameters<Schedules['add']>[0]) => {
      if (refuses()) throw new StoreUnavailable('throttled', 'Try again in a moment.');
      if (names.has(name)) return;
      names.add(name);
      after(atMs - clock.now() + lateMs, () => {
        names.delete(name);
        deliver(body);
      });
    },
  };
  const logger = { warn: () => undefined, error: () => undefined };
  const under = new SqsTimers({ client: client as never, queueUrl: 'q', schedules, clock, logger });
  const dispatcher = {
    start: async (machine: string, name: string, input: object) =>
      void started.push({ machine, name, input: { ...input }, atMs: clock.now() }),
  };
  const remind = createRemind({ dispatcher, timers: under, clock, logger });
  return { timers: under, close: () => undefined, messages: () => messages };
}

timersSuite('SqsTimers, with a Scheduler that is late', (around) => hosted(around, { lateMs: 59_999 }));
timersSuite('SqsTimers, with a Scheduler that takes one in three', (around) => {
  let asked = 0;
  return hosted(around, { lateMs: 0, refuses: () => asked++ % 3 !== 0 });
});

test.each([
  ['15 minutes', DELAY_SECONDS_MAX * 1000, 1],
  ['half an hour', UNSCHEDULED_MS_MAX, 2],
  ['a moment more', FAR_MS, 2],
  ['30 days', 30 * 24 * 3_600_000, 2],
])('a wait of %s takes as many messages as the cost model counts', async (_, ms, messages) => {
  const clock = new VirtualClock();
  const host = hosted({ clock, started: [] }, { lateMs: 30_000 });
  await host.timers.set({ timestamp: new Date(ms).toISOString(), ref });
  await clock.advance(ms + 2_000);
  expect(host.messages()).toBe(messages);
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
