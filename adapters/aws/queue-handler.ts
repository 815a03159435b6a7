/** What the functions behind queues share: messages side by side, and those that failed named to Lambda. */
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { isRefusal } from '../../core/errors.ts';
import { sideBySide } from '../../core/side-by-side.ts';
import { lazily } from './lazily.ts';
import { logged, logger } from './logger.ts';

/**
 * The function of a queue. Messages that fail go back to it, which delivers them again and sets aside what fails too often.
 * @param read throws for what no writer has put there
 */
export function queueHandler<Message>(
  read: (body: string) => Message | Promise<Message>,
  make: () => (message: Message, context: Context) => Promise<void>,
) {
  const useCase = lazily(make);
  return middy<SQSEvent, SQSBatchResponse>()
    .use(logged())
    .handler(async ({ Records }, context) => {
      const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
      await sideBySide(Records, async ({ messageId, body }) => {
        try {
          await useCase()(await read(body), context);
        } catch (error) {
          tell(messageId, error as Error);
          batchItemFailures.push({ itemIdentifier: messageId });
        }
      });
      return { batchItemFailures };
    });
}

/** One that may succeed later is a warning; the others will be set aside, unless somebody mends what they ask for. */
function tell(messageId: string, error: Error): void {
  if (isRefusal(error))
    logger.error('a message is refused', { messageId, error: error.message, fix: error.fix });
  else logger.warn('a message goes back to its queue', { messageId, error: error.stack ?? String(error) });
}
