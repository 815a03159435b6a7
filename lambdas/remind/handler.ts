/** Takes timers from their queue; those that failed go back to it. */
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { lazily } from '../../adapters/aws/lazily.ts';
import { logged, logger } from '../../adapters/aws/logger.ts';
import { clock } from '../../adapters/aws/machine.ts';
import { machines } from '../../adapters/aws/machines.ts';
import { readTimer, timers } from '../../adapters/aws/timer-queue.ts';
import { createRemind } from './remind.ts';

const remind = lazily(() => createRemind({ dispatcher: machines(), timers: timers(), clock, logger }));

export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(logged())
  .handler(async ({ Records }) => {
    const messages = Records.map(({ messageId, body }) => ({ id: messageId, read: () => readTimer(body) }));
    const { failedIds } = await remind()(messages);
    return { batchItemFailures: failedIds.map((itemIdentifier) => ({ itemIdentifier })) };
  });
