/** Times beyond what an Express machine lives, kept by the deployed queue, its schedules, and the function behind it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createSignedRequests } from '../../adapters/aws/signed-requests.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { EXPRESS_AGE_MS_MAX } from '../../core/execution/steps.ts';
import type { Timer } from '../../core/ports/timers.ts';
import { useHost } from '../e2e/host.ts';
import { clientConfig, DeployedFunctions } from './functions.ts';
import { deployedHost } from './host.ts';
import { onDeployment } from './on-deployment.ts';
import type { Deployment } from './setup.ts';

const SECONDS = EXPRESS_AGE_MS_MAX / 1000 + 2;
/** The emulator looks for schedules every 10 s. */
const FIRED_MS_MAX = 60_000;

interface Schedule {
  Name: string;
  GroupName: string;
  CreationDate: number;
  ScheduleExpression: string;
  Target: { Input: string };
}

/** Scheduler, asked as the account's root. */
function scheduler(deployment: Deployment) {
  const { endpoint, region, credentials } = clientConfig(deployment);
  const send = createSignedRequests({
    service: 'scheduler',
    title: 'EventBridge Scheduler',
    config: { credentials, region: () => Promise.resolve(region) },
    pauses: { clock: new SystemClock(), random: new SystemRandom() },
    describe: ({ status, bytes }) => `${status} ${new TextDecoder().decode(bytes)}`,
  });
  const ask = async <Found>(method: 'GET' | 'PUT', path: string, body?: object): Promise<Found> => {
    const bytes = body && new TextEncoder().encode(JSON.stringify(body));
    const answer = await send({ method, url: new URL(path, endpoint), body: bytes });
    expect(answer.status).toBe(200);
    return JSON.parse(new TextDecoder().decode(answer.bytes)) as Found;
  };
  return {
    /** Those whose names begin so. */
    named: async (prefix: string): Promise<Schedule[]> => {
      const { Schedules } = await ask<{ Schedules: Schedule[] }>('GET', '/schedules');
      const found = Schedules.filter(({ Name }) => Name.startsWith(prefix));
      return Promise.all(
        found.map(({ Name, GroupName }) => ask<Schedule>('GET', `/schedules/${Name}?groupName=${GroupName}`)),
      );
    },
    update: ({ Name, ...rest }: Schedule) => ask('PUT', `/schedules/${Name}`, rest),
  };
}

onDeployment('the queue of timers', (deployment) => {
  const host = useHost(deployedHost(deployment));
  const remind = new DeployedFunctions(deployment).capability('remind');

  test('has a task taken up when its time has come, and one whose time limit is over', async () => {
    const { HOLDFAST_TIMER_QUEUE: QueueUrl } = (await remind).Environment!.Variables!;
    const id = await host.begin({
      name: 'timed',
      toleratedFailures: 1,
      tasks: [
        { id: 'time', type: 'wait', input: { seconds: SECONDS } },
        { id: 'limit', type: 'signal', timeout: `${SECONDS}s` },
        { id: 'after', type: 'pass', dependsOn: ['time'] },
      ],
    });
    await host.taskEvent(id, 'time', 'task.waiting');
    // Once too often, and before its time: Route waits for the rest, and the task ends once.
    const ref = { executionId: id, taskId: 'time', run: 1, hops: 0 };
    const sqs = new SQSClient({ ...clientConfig(deployment), useQueueUrlAsEndpoint: false });
    const MessageBody = JSON.stringify({ timestamp: new Date().toISOString(), ref });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    // Longer than the log is waited for while nothing happens.
    await sleep((SECONDS - 10) * 1000);
    expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
    const ended = await host.taskEvent(id, 'time', 'task.succeeded');
    const waiting = await host.taskEvent(id, 'time', 'task.waiting');
    expect(ended.atMs).toBeGreaterThanOrEqual(waiting.atMs + SECONDS * 1000);
    expect(await host.taskEvent(id, 'limit', 'task.failed')).toMatchObject({
      data: { error: 'TaskTimeout' },
    });
  });

  test('has schedules send the messages of far times, which remind takes and sets again', async () => {
    const id = await host.begin({
      name: 'far',
      tasks: [
        { id: 'time', type: 'wait', input: { seconds: 2 * 3600 } },
        { id: 'limit', type: 'signal', timeout: '31m' },
      ],
    });
    const { data } = await host.taskEvent(id, 'time', 'task.waiting');
    await host.taskEvent(id, 'limit', 'task.waiting');
    const { named, update } = scheduler(deployment);
    const found = async (taskId: string) =>
      (await named(id)).find(({ Target }) => (JSON.parse(Target.Input) as Timer).ref.taskId === taskId);
    const until = async (holds: () => Promise<unknown>) => {
      const endMs = Date.now() + FIRED_MS_MAX;
      while (!(await holds())) {
        if (Date.now() > endMs) throw new Error('it did not come to be');
        await sleep(500);
      }
    };
    await until(async () => (await found('time')) && (await found('limit')));
    const due = { limit: (await found('limit'))!, time: (await found('time'))! };
    const minutesAhead = 10;
    const at = new Date(Number(data!.dueMs) - minutesAhead * 60_000).toISOString().slice(0, 19);
    expect(due.time.ScheduleExpression).toBe(`at(${at})`);
    // As if its time had come: its message is taken, and too early.
    await update({ ...due.time, ScheduleExpression: `at(${new Date().toISOString().slice(0, 19)})` });
    await until(async () => ((await found('time'))?.CreationDate ?? 0) > due.time.CreationDate);
    expect((await found('time'))!.ScheduleExpression).toBe(`at(${at})`);
    expect((await found('limit'))!.CreationDate).toBe(due.limit.CreationDate);
    await host.http.post(`/executions/${id}/cancel`);
  });
});
