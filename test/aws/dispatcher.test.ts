import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { SfnDispatcher } from '../../adapters/aws/dispatcher.ts';
import { SfnTaskTokens } from '../../adapters/aws/task-tokens.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { MachineName } from '../../core/ports/dispatcher.ts';
import { type Begun, dispatcherSuite, type End, machineFor } from '../ports/dispatcher.suite.ts';
import { describeServices, type Inbox, openInbox, openRole, settings } from './services.ts';

/** What each machine tells the inbox when it begins. */
interface Told {
  machine: MachineName;
  execution: string;
  input: JsonObject;
  token?: string;
}

interface Around {
  client: SFNClient;
  inbox: Inbox;
  roleArn: string;
}

async function create(machine: MachineName, { client, inbox, roleArn }: Around): Promise<string> {
  const told = {
    machine,
    execution: '{% $states.context.Execution.Id %}',
    input: '{% $states.input %}',
  };
  const to = (more: object) => ({
    Arguments: { QueueUrl: inbox.url, MessageBody: { ...told, ...more } },
  });
  const definition = machineFor(machine, {
    tells: { Resource: 'arn:aws:states:::sqs:sendMessage', ...to({}) },
    waits: {
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      ...to({ token: '{% $states.context.Task.Token %}' }),
    },
  });
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({
      name: `dispatcher-${process.pid}-${machine}`,
      definition: JSON.stringify(definition),
      roleArn,
      type: machine === 'task' ? 'EXPRESS' : 'STANDARD',
    }),
  );
  return stateMachineArn!;
}

async function endOf(client: SFNClient, executionArn: string): Promise<End> {
  for (;;) {
    const { status, output, error, cause } = await client.send(
      new DescribeExecutionCommand({ executionArn }),
    );
    if (status !== 'RUNNING')
      return {
        status: status!,
        error,
        cause,
        ...(output !== undefined && { output: JSON.parse(output) as JsonValue }),
      };
    await sleep(50);
  }
}

describeServices('On Step Functions', () => {
  dispatcherSuite('SfnDispatcher', async () => {
    const client = new SFNClient(settings);
    const [inbox, role] = [await openInbox(), await openRole()];
    const around = { client, inbox, roleArn: role.arn };
    const machines = {
      workflow: await create('workflow', around),
      task: await create('task', around),
      long: await create('long', around),
    };
    const begunOf = ({ execution, ...told }: Told): Begun => ({
      ...told,
      end: () => endOf(client, execution),
    });
    return {
      dispatcher: new SfnDispatcher({ client, machines }),
      tokens: new SfnTaskTokens({ client }),
      begun: async (is, count) => (await inbox.until<Told>((told) => is(begunOf(told)), count)).map(begunOf),
      async close() {
        for (const stateMachineArn of Object.values(machines))
          await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
        await Promise.all([inbox.close(), role.close()]);
      },
    };
  });
});
