/** Times beyond what an Express machine lives, kept by the deployed queue and the function behind it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { EXPRESS_AGE_MS_MAX } from '../../core/execution/steps.ts';
import { useHost } from '../e2e/host.ts';
import { clientConfig, DeployedFunctions } from './functions.ts';
import { deployedHost } from './host.ts';
import { onDeployment } from './on-deployment.ts';

const SECONDS = EXPRESS_AGE_MS_MAX / 1000 + 2;

onDeployment('the queue of timers', (deployment) => {
  const host = useHost(deployedHost(deployment));
  const remind = new DeployedFunctions(deployment).capability('remind');

  test('has a task taken up when its time has come, and one whose time limit is over, without a machine', async () => {
    const { Environment } = await remind;
    const { HOLDFAST_TIMER_QUEUE: QueueUrl, HOLDFAST_TIMER_MACHINE: stateMachineArn } =
      Environment!.Variables!;
    const machines = async () => {
      const { executions = [] } = await new SFNClient(clientConfig(deployment)).send(
        new ListExecutionsCommand({ stateMachineArn }),
      );
      return executions.length;
    };
    const before = await machines();
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
    const ref = { executionId: id, taskId: 'time', run: 1, hops: 0, detached: true };
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
    expect(await machines()).toBe(before);
  });
});
