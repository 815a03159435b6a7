/** `$connect`, `$disconnect` and `$default` of the WebSocket API. */
import middy from '@middy/core';
import type { APIGatewayProxyResultV2 } from 'aws-lambda';
import { EventLog } from '../../adapters/aws/event-log.ts';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { lazily } from '../../adapters/aws/lazily.ts';
import { logged, logger } from '../../adapters/aws/logger.ts';
import { clock, ids, table } from '../../adapters/aws/machine.ts';
import { push, subscriptions } from '../../adapters/aws/push.ts';
import { principalOf, type SocketEvent } from '../../adapters/aws/socket-door.ts';
import { createStoredSocket } from './stored-socket.ts';

const socket = lazily(() => {
  const positions = new EventLog(table());
  const executions = new DynamoExecutionStore(table());
  const ports = { subscriptions: subscriptions(), push: push(), positions, executions, clock, ids, logger };
  return createStoredSocket(ports);
});

export const handler = middy<SocketEvent, APIGatewayProxyResultV2>()
  .use(logged())
  .handler(async ({ requestContext: { connectionId, eventType, authorizer }, body = '' }) => {
    if (eventType === 'CONNECT') await socket().connect(connectionId, principalOf(authorizer));
    else if (eventType === 'DISCONNECT') await socket().disconnect(connectionId);
    else await socket().message(connectionId, body);
    return { statusCode: 200 };
  });
