import { SQSClient } from '@aws-sdk/client-sqs';
import { lazily } from '../lazily.ts';
import { endpointFor, settings } from './settings.ts';

export const queues = lazily(
  () =>
    new SQSClient({
      ...settings(),
      // By itself the client follows the host of the queue's URL, whatever endpoint is configured.
      useQueueUrlAsEndpoint: endpointFor('SQS') === undefined,
    }),
);
