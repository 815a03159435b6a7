/** How Scheduler is asked, which the emulator takes more easily than AWS does. */
import { afterEach, expect, test, vi } from 'vitest';
import { Schedules } from '../../../adapters/aws/schedules.ts';
import { TRIES_MAX } from '../../../adapters/aws/retry.ts';

afterEach(() => void vi.restoreAllMocks());

const ATTRIBUTES = { group: 'holdfast', queueArn: 'arn:q', deadLettersArn: 'arn:d', roleArn: 'arn:r' };
const schedule = { name: 'ex_1/a', atMs: Date.UTC(2026, 10, 21, 9, 30, 15, 999), body: '{"a":1}' };

/** Scheduler as the platform's `fetch` finds it: these answers, the last one for ever. */
function open(answers: Response[], { region = 'eu-central-1' } = {}) {
  const asked: { address: string; headers: Record<string, string>; body: unknown }[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (address, { headers, body } = {}) => {
    asked.push({
      address: (address as URL).href,
      headers: headers as Record<string, string>,
      body: JSON.parse(new TextDecoder().decode(body as Uint8Array)),
    });
    return (answers.length > 1 ? answers.shift()! : answers[0]!).clone();
  });
  const schedules = new Schedules({
    ...ATTRIBUTES,
    config: {
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' },
      region: () => Promise.resolve(region),
    },
    pauses: {
      clock: { now: () => Date.UTC(2026, 0, 2), sleep: () => Promise.resolve() },
      random: { next: () => 0.5 },
    },
  });
  return { schedules, asked };
}

const refusal = (status: number, name: string) =>
  new Response(JSON.stringify({ Message: `Said by "Scheduler"` }), {
    status,
    headers: { 'x-amzn-errortype': `${name}:http://internal.amazon.com/coral/` },
  });

test.each([
  ['eu-central-1', 'https://scheduler.eu-central-1.amazonaws.com'],
  ['cn-north-1', 'https://scheduler.cn-north-1.amazonaws.com.cn'],
])('a schedule of %s is asked for at %s, signed', async (region, address) => {
  const { schedules, asked } = open([new Response('{}')], { region });
  await schedules.add(schedule);
  expect(asked[0]!.address).toMatch(new RegExp(`^${address}/schedules/ex_1-a-[0-9a-f]{32}$`));
  expect(asked[0]!.headers).toMatchObject({
    'content-type': 'application/json',
    'x-amz-security-token': 'session',
    authorization: expect.stringContaining(`/20260102/${region}/scheduler/aws4_request`) as string,
  });
  expect(asked[0]!.body).toMatchObject({ ScheduleExpression: 'at(2026-11-21T09:30:15)' });
});

test('a schedule is asked for again while Scheduler is busy, and then fails as unavailable', async () => {
  const once = open([
    refusal(429, 'ThrottlingException'),
    refusal(500, 'InternalServerException'),
    new Response('{}'),
  ]);
  await once.schedules.add(schedule);
  expect(once.asked).toHaveLength(3);
  const ever = open([refusal(429, 'ThrottlingException')]);
  await expect(ever.schedules.add(schedule)).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringContaining('429 ThrottlingException Said by') as string,
  });
  expect(ever.asked).toHaveLength(TRIES_MAX);
});

test('a schedule too many fails as unavailable at once, and one that is there is no failure', async () => {
  const full = open([refusal(402, 'ServiceQuotaExceededException')]);
  await expect(full.schedules.add(schedule)).rejects.toMatchObject({ name: 'StoreUnavailable' });
  expect(full.asked).toHaveLength(1);
  const there = open([refusal(409, 'ConflictException')]);
  await expect(there.schedules.add(schedule)).resolves.toBeUndefined();
});
