/** Takes messages from the intake queue; those it names as failed go back to it. */
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { INTAKE_RECEIVES_MAX } from '../../adapters/aws/env.ts';
import { logged, logger } from '../../adapters/aws/logger.ts';
import { operations } from '../operating.ts';
import { createReceive } from './receive.ts';

const receive = createReceive({ operations, logger, receivesMax: INTAKE_RECEIVES_MAX });

export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(logged())
  .handler(async ({ Records }) => {
    const messages = Records.map(({ messageId, attributes, body }) => ({
      id: messageId,
      group: attributes.MessageGroupId,
      deduplicationId: attributes.MessageDeduplicationId,
      receives: Number(attributes.ApproximateReceiveCount),
      body,
    }));
    const { failedIds } = await receive(messages);
    return { batchItemFailures: failedIds.map((itemIdentifier) => ({ itemIdentifier })) };
  });
