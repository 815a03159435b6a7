/** The HTTP API: every route of API Gateway leads here. */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { queues } from '../../adapters/aws/clients/queues.ts';
import { PolledEvents } from '../../adapters/aws/committed-events.ts';
import { SqsDeadLetters } from '../../adapters/aws/dead-letters.ts';
import { engine } from '../../adapters/aws/engine.ts';
import { listFrom, readEnv } from '../../adapters/aws/env.ts';
import { EventLog } from '../../adapters/aws/event-log.ts';
import { DynamoExecutionReader } from '../../adapters/aws/execution-reader.ts';
import { callerOf } from '../../adapters/aws/http-door.ts';
import { lazily } from '../../adapters/aws/lazily.ts';
import { awsLogger, logger } from '../../adapters/aws/logger.ts';
import { table } from '../../adapters/aws/machine.ts';
import { DynamoTickets } from '../../adapters/aws/tickets.ts';
import { VERSION } from '../../adapters/aws/version.ts';
import { createCaughtUp } from '../../core/api/caught-up.ts';
import { totalsText } from '../../core/metrics/prometheus.ts';
import { answerWith } from '../answer.ts';
import { createOperations } from '../operations.ts';
import { createApi } from './api.ts';

/** Below what a function takes at once, and within the time that API Gateway waits. */
const LIMITS = { bodyBytesMax: 4 * 1024 * 1024, waitMsMax: 20_000 };

const answer = lazily(() => {
  const ports = engine();
  const { clock, types, slots } = ports;
  const { HOLDFAST_SOCKET_URL: socketUrl, HOLDFAST_DEAD_LETTER_QUEUES: letters } = readEnv([
    'HOLDFAST_SOCKET_URL',
    'HOLDFAST_DEAD_LETTER_QUEUES',
  ]);
  const reader = new DynamoExecutionReader(table());
  const positions = new EventLog(table());
  const app = createApi({
    ...ports,
    operations: createOperations({ ...ports, answer: answerWith(ports) }),
    reader,
    taskTypes: types,
    committed: new PolledEvents({ reader, positions, clock, logger }),
    hasCaughtUp: createCaughtUp(positions, reader),
    deadLetters: new SqsDeadLetters({ client: queues(), queueUrls: listFrom(letters) }),
    tickets: new DynamoTickets(table(), clock),
    caller: (_, env) => ({ principal: callerOf(env), socketUrl }),
    health: async () => {
      await positions.newest(undefined);
      return { store: { ok: true } };
    },
    metrics: async () => totalsText(await reader.totals(), await slots.usage()),
    logger,
    version: VERSION,
    limits: LIMITS,
  });
  return handle(app);
});

export const handler = middy<LambdaEvent>()
  .use(injectLambdaContext(awsLogger, { resetKeys: true }))
  .handler((event) => answer()(event));
