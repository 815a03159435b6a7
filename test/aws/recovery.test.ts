/** What takes up, on the deployed stack, what a crash left to nobody. The crash is a change of the table, where one would leave it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type Key, ItemTable } from '../../adapters/aws/item-table.ts';
import { FIRST_LAYOUT, executionPk, logPk, metaKey, taskSk } from '../../adapters/aws/keys.ts';
import { DynamoTaskTypes } from '../../adapters/aws/task-types.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import type { CapabilityName } from '../../lib/capabilities.ts';
import { useHost } from '../e2e/host.ts';
import { clientConfig, DeployedFunctions } from './functions.ts';
import { deployedHost } from './host.ts';
import { noise, wordy } from './large.ts';
import { onDeployment } from './on-deployment.ts';

const signal = (name: string) => ({ name, tasks: [{ id: 'go', type: 'signal' }] });

onDeployment('recovery', (deployment) => {
  const host = useHost(deployedHost(deployment), { maxWorkflows: 3 });
  const functions = new DeployedFunctions(deployment);
  const table = functions
    .capability('sweep')
    .then(
      ({ Environment }) =>
        new ItemTable(new DynamoDBClient(clientConfig(deployment)), Environment!.Variables!.HOLDFAST_TABLE!),
    );
  const taskKey = (id: string, task: string): Key => ({
    pk: executionPk(id),
    sk: taskSk(FIRST_LAYOUT, task),
  });
  const change = async (key: Key, set: Record<string, string | number | undefined>) =>
    (await table).update({ key, set, only: { that: 'attribute_exists(#pk)' } });
  const call = async (name: CapabilityName, event: object) =>
    functions.invoke((await functions.capability(name)).FunctionName!, event);
  const mend = (executionId: string) =>
    call('mend', { executionId, run: 1, failure: { Error: 'States.Timeout' } });

  test('interrupts attempts that nobody ends, and starts them again', async () => {
    const definition = {
      name: 'interrupted',
      variables: { text: '' },
      tasks: [
        ...wordy(4),
        { id: 'lost', type: 'hold', input: { ms: 20_000 } },
        { id: 'waits', type: 'signal' },
      ],
    };
    const id = await host.begin(definition, { variables: { text: noise(600_000) } });
    await host.taskEvent(id, 'lost', 'task.started');
    await host.taskEvent(id, 'waits', 'task.waiting');
    for (const task of ['lost', 'waits']) await change(taskKey(id, task), { startedMs: 1 });
    expect(await mend(id)).toMatchObject({ action: 'await' });
    await host.taskEvent(id, 'lost', 'task.interrupted');
    await host.http.post(`/executions/${id}/cancel`);
  });

  test('tells a task of the end of its child', async () => {
    await host.submit(signal('silent-child'));
    const id = await host.begin({
      name: 'told',
      tasks: [{ id: 'call', type: 'workflow', input: { workflow: 'silent-child' } }],
    });
    await host.taskEvent(id, 'call', 'task.waiting');
    for (;;) {
      const [child] = await host.http.list(`/executions?parent=${id}`);
      if (child === undefined) continue;
      await host.taskEvent(child.executionId, 'go', 'task.waiting');
      await change(metaKey(child.executionId), { status: 'SUCCEEDED' });
      break;
    }
    await change(taskKey(id, 'call'), { startedMs: 1 });
    await mend(id);
    expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('lets in what queues, when a deployment takes the limit away', async () => {
    await host.submit(signal('queues'));
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) ids.push(await host.start('queues'));
    const item = async (id: string) =>
      (await table).get<{ admitToken?: string; status: string }>(metaKey(id));
    for (const id of ids) while (!(await item(id))?.admitToken);
    const queued = async () => {
      const items = await Promise.all(ids.map(item));
      return ids.filter((_, at) => items[at]!.status === 'QUEUED');
    };
    while ((await queued()).length > 2);
    const [lost, last] = (await queued()) as [string, string];

    // One has lost its machine, the other nobody will wake.
    await change(metaKey(lost), { submittedMs: 1, admitToken: undefined });
    await change(metaKey(last), { submittedMs: 2 });
    expect(await call('sweep', {})).toEqual({ looked: 2 });
    expect((await host.execution(last)).status).toBe('QUEUED');

    const types = new DynamoTaskTypes({ table: await table, clock: new SystemClock() });
    await types.offer({ type: 'withdrawn', functionName: 'arn:aws:lambda:none' });
    const { port, close } = await listen();
    await call('offer', {
      RequestType: 'Update',
      ResponseURL: `http://127.0.0.1:${port}/`,
      ResourceProperties: {
        types: JSON.stringify((await types.list()).filter(({ type }) => type !== 'withdrawn')),
      },
    });
    expect(await close()).toMatchObject({ Status: 'SUCCESS' });
    await host.taskEvent(last, 'go', 'task.waiting');
    expect((await types.list()).map(({ type }) => type)).not.toContain('withdrawn');
    for (const id of ids) await host.http.post(`/executions/${id}/cancel`);
  });

  test('deletes what is left of an execution whose time is over', async () => {
    const id = (await host.run({ name: 'expired', tasks: [{ id: 'one', type: 'pass' }] }))
      .executionId as string;
    await (await table).delete(metaKey(id));
    const { pk, sk } = metaKey(id);
    const Keys = { pk: { S: pk }, sk: { S: sk } };
    const record = { eventID: '1', eventName: 'REMOVE', dynamodb: { Keys, SequenceNumber: '1' } };
    await call('dispatch', { Records: [record] });
    for (const left of [executionPk(id), logPk(id)])
      expect(await (await table).query({ pk: left })).toEqual([]);
  });

  test('starts what may take long on the lane that has no limit of minutes', async () => {
    const source = 'export const handler = (input: unknown) => input;';
    const functionName = await functions.create('lengthy', source, 'pass');
    await call('offer', { type: 'lengthy', functionName, long: true });
    const done = await host.run({
      name: 'lengthy',
      tasks: [{ id: 'one', type: 'lengthy', input: { n: 1 } }],
    });
    await functions.delete(functionName);
    expect(done, JSON.stringify(done.errors)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('admits at last what nobody admitted, and refuses what comes after a failure', async () => {
    const bad = (await host.http.post('/tasks', { type: 'signal' })).body.id as string;
    await host.taskEvent(bad, 'task', 'task.waiting');
    const after = (await host.http.post('/tasks', { type: 'pass', dependencies: [bad] })).body.id as string;
    const other = (await host.http.post('/tasks', { type: 'signal' })).body.id as string;
    await host.taskEvent(other, 'task', 'task.waiting');
    const then = (await host.http.post('/tasks', { type: 'pass', dependencies: [other] })).body.id as string;
    const item = async (id: string) => (await table).get<{ admitToken?: string }>(metaKey(id));
    for (const id of [after, then]) {
      while (!(await item(id))?.admitToken);
      await change(metaKey(id), { submittedMs: 1 });
    }
    await change(metaKey(bad), { status: 'FAILED' });
    await change(metaKey(other), { status: 'SUCCEEDED' });
    await call('sweep', {});
    expect(await host.ended(after)).toMatchObject({ status: 'FAILED' });
    expect(await host.ended(then)).toMatchObject({ status: 'SUCCEEDED' });
    const late = (await host.http.post('/tasks', { type: 'pass', dependencies: [after] })).body.id as string;
    expect(await host.ended(late)).toMatchObject({ status: 'FAILED' });
  });
});

/** Where CloudFormation would be told of the outcome. */
async function listen() {
  let outcome = '';
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (outcome += chunk));
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      await once(server, 'close');
      return JSON.parse(outcome) as { Status: string };
    },
  };
}
