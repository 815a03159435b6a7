/** Work that comes as messages, through the deployed queue and the function behind it. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { useHost } from '../e2e/host.ts';
import { clientConfig, DeployedFunctions } from './functions.ts';
import { deployedHost } from './host.ts';
import { wordy } from './large.ts';
import { onDeployment } from './on-deployment.ts';

onDeployment('the intake queue', (deployment) => {
  const host = useHost(deployedHost(deployment));
  const receive = new DeployedFunctions(deployment).capability('receive');
  const client = new SQSClient({ ...clientConfig(deployment), useQueueUrlAsEndpoint: false });
  let sent = 0;

  async function send(request: object): Promise<void> {
    const { Environment } = await receive;
    await client.send(
      new SendMessageCommand({
        QueueUrl: Environment!.Variables!.HOLDFAST_INTAKE_QUEUE!,
        MessageBody: JSON.stringify(request),
        MessageGroupId: 'tests',
        MessageDeduplicationId: `${process.pid}-${++sent}`,
      }),
    );
  }

  /** The one execution of the workflow, once there is one. */
  async function begun(workflow: string): Promise<string> {
    for (;;) {
      const [found] = await host.http.list(`/executions?workflow=${workflow}`);
      if (found !== undefined) return found.executionId;
    }
  }

  test('stores and starts a workflow, answers its signal, and runs it again', async () => {
    const document = {
      name: 'by-message',
      variables: { colour: 'none' },
      tasks: [...wordy(4), { id: 'go', type: 'signal' }, { id: 'after', type: 'pass', dependsOn: ['go'] }],
    };
    await send({ operation: 'submit', document });
    await send({ operation: 'start', workflow: 'by-message', variables: { colour: 'c'.repeat(300_000) } });
    const id = await begun('by-message');
    await host.taskEvent(id, 'go', 'task.waiting');
    await send({ operation: 'signal', executionId: id, name: 'go', payload: { text: 'p'.repeat(220_000) } });
    expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('runs a single task', async () => {
    await send({ operation: 'submitTask', name: 'message-task', type: 'pass', input: { by: 'message' } });
    const id = await begun('message-task');
    expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('cancels what runs, with its children, and restarts it', async () => {
    await host.submit({ name: 'message-child', tasks: [{ id: 'go', type: 'signal' }] });
    const id = await host.begin({
      name: 'message-parent',
      tasks: [
        { id: 'call', type: 'workflow', input: { workflow: 'message-child' } },
        { id: 'hold', type: 'hold', input: { ms: 60_000 } },
      ],
    });
    const child = await begun('message-child');
    await host.taskEvent(child, 'go', 'task.waiting');
    await send({ operation: 'cancel', executionId: id, reason: 'by message' });
    expect(await host.ended(id)).toMatchObject({ status: 'CANCELLED' });
    await send({ operation: 'restart', executionId: child });
    for (;;) if ((await host.http.list('/executions?workflow=message-child')).length === 2) return;
  });
});
