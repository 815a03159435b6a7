import { DeleteConnectionCommand, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListEventBusesCommand } from '@aws-sdk/client-eventbridge';
import { ListThingsCommand } from '@aws-sdk/client-iot';
import { ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, GetQueueAttributesCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { refusal, serve, type Service } from './service.ts';

let service: Service;
beforeEach(() => {
  vi.resetModules();
  for (const [name, value] of Object.entries({
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: '',
  }))
    vi.stubEnv(name, value === '' ? undefined : value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.close();
});

interface NodeHttpHandler {
  httpHandlerConfigs(): object;
}

/** Made anew: a client is made once a process. */
async function clients() {
  const [dynamo, eventBridge, iot, queues, sockets, stepFunctions] = await Promise.all([
    import('../../../adapters/aws/clients/dynamo.ts'),
    import('../../../adapters/aws/clients/event-bridge.ts'),
    import('../../../adapters/aws/clients/iot.ts'),
    import('../../../adapters/aws/clients/queues.ts'),
    import('../../../adapters/aws/clients/sockets.ts'),
    import('../../../adapters/aws/clients/step-functions.ts'),
  ]);
  return { ...dynamo, ...eventBridge, ...iot, ...queues, ...sockets, ...stepFunctions };
}

describe('the AWS clients', () => {
  test('are one each', async () => {
    const { queues, stepFunctions, sockets } = await clients();
    expect(queues()).toBe(queues());
    expect(stepFunctions()).toBe(stepFunctions());
    expect(sockets('https://a.example/prod')).toBe(sockets('https://a.example/prod'));
    expect(sockets('https://b.example/prod')).not.toBe(sockets('https://a.example/prod'));
  });

  test('each bound how long they wait and how often they try', async () => {
    service = await serve(() => ({}));
    vi.stubEnv('AWS_ENDPOINT_URL', service.url);
    const { dynamo, eventBridge, iot, queues, sockets, stepFunctions } = await clients();
    await dynamo().send(new ListTablesCommand({}));
    await eventBridge().send(new ListEventBusesCommand({}));
    await iot().send(new ListThingsCommand({}));
    await queues().send(new ListQueuesCommand({}));
    await stepFunctions().send(new ListStateMachinesCommand({}));
    await sockets(service.url).send(new DeleteConnectionCommand({ ConnectionId: 'a' }));
    const all = [dynamo(), eventBridge(), iot(), queues(), stepFunctions(), sockets(service.url)];
    for (const { config } of all) {
      expect(await config.maxAttempts()).toBe(5);
      const handler = config.requestHandler as unknown as NodeHttpHandler;
      expect(handler.httpHandlerConfigs()).toMatchObject({
        connectionTimeout: 1000,
        requestTimeout: 5000,
        throwOnRequestTimeout: true,
      });
    }
    expect(service.calls).toHaveLength(all.length);
  });

  test('go where AWS_ENDPOINT_URL says, over one connection that is kept', async () => {
    service = await serve(() => ({}));
    vi.stubEnv('AWS_ENDPOINT_URL', service.url);
    const { eventBridge } = await clients();
    for (let call = 0; call < 3; call++) await eventBridge().send(new ListEventBusesCommand({}));
    expect(service.calls.map(({ connection }) => connection)).toEqual([0, 0, 0]);
  });

  test('go where AWS_ENDPOINT_URL_SQS says, whatever the URL of the queue', async () => {
    service = await serve(() => ({ body: { Attributes: {} } }));
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', service.url);
    const { queues } = await clients();
    const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/intake.fifo';
    await queues().send(new GetQueueAttributesCommand({ QueueUrl }));
    expect(service.calls[0]!.body.QueueUrl).toBe(QueueUrl);
  });

  test('go where AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI says, whatever the endpoint of the socket', async () => {
    service = await serve(() => ({}));
    vi.stubEnv('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI', `${service.url}/prod`);
    const { sockets } = await clients();
    const post = new PostToConnectionCommand({ ConnectionId: 'a', Data: new TextEncoder().encode('x') });
    await sockets('https://unknown.example/prod').send(post);
    expect(service.calls[0]!.operation).toBe('POST /prod/@connections/a');
  });

  test('try again after a fault of the service and after a throttle', async () => {
    let nth = 0;
    service = await serve(() => {
      nth++;
      if (nth === 1) return refusal('InternalFailure', 'oh', 500);
      if (nth === 2) return refusal('RequestThrottled', 'slow');
      return { body: { QueueUrl: 'u' } };
    });
    vi.stubEnv('AWS_ENDPOINT_URL', service.url);
    const { queues } = await clients();
    expect((await queues().send(new CreateQueueCommand({ QueueName: 'q' }))).QueueUrl).toBe('u');
    expect(service.calls).toHaveLength(3);
  });

  test('send a message to a socket again only when it was turned away', async () => {
    const answers = [
      refusal('LimitExceededException', 'slow', 429),
      refusal('TooManyRequestsException', 'slow', 429),
    ];
    service = await serve(() => answers.shift() ?? {});
    const { sockets } = await clients();
    const post = () =>
      sockets(service.url).send(new PostToConnectionCommand({ ConnectionId: 'a', Data: Buffer.of(1) }));
    await post();
    expect(service.calls).toHaveLength(3);
    answers.push(refusal('InternalServerErrorException', 'oh', 500));
    await expect(post()).rejects.toMatchObject({ name: 'InternalServerErrorException' });
    expect(service.calls).toHaveLength(4);
  });
});
