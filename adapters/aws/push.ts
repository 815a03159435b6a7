/** What sends events to the connections of the WebSocket API. */
import { createPush } from '../../core/socket/push.ts';
import { sockets } from './clients/sockets.ts';
import { ApiGatewayConnections } from './connections.ts';
import { readEnv } from './env.ts';
import { lazily } from './lazily.ts';
import { LogReader } from './log-reader.ts';
import { logger } from './logger.ts';
import { clock, ids, table } from './machine.ts';
import { DynamoSubscriptions } from './subscriptions.ts';

export const subscriptions = lazily(() => new DynamoSubscriptions(table(), clock));

export const push = lazily(() =>
  createPush({
    subscriptions: subscriptions(),
    connections: new ApiGatewayConnections({
      client: sockets(readEnv(['HOLDFAST_SOCKET_ENDPOINT']).HOLDFAST_SOCKET_ENDPOINT),
    }),
    reader: new LogReader(table()),
    clock,
    ids,
    logger,
  }),
);
