/** A queue of delayed messages, as the environment says where it is. */
import { queues } from './clients/queues.ts';
import { endpointFor } from './clients/settings.ts';
import type { DelayedMessagesOptions } from './delayed-messages.ts';
import { logger } from './logger.ts';
import { clock, random } from './machine.ts';
import { Schedules } from './schedules.ts';

export interface DelayedQueue {
  queueUrl: string;
  /** ARNs: of the queue, of that for what it did not take, and of the role that sends to both. */
  queueArn: string;
  deadLettersArn: string;
  roleArn: string;
  /** Name of the group of schedules. */
  group: string;
}

export const delayedBy = ({ queueUrl, ...target }: DelayedQueue): DelayedMessagesOptions => ({
  client: queues(),
  queueUrl,
  schedules: new Schedules({
    config: queues().config,
    endpoint: endpointFor('SCHEDULER'),
    pauses: { clock, random },
    ...target,
  }),
  clock,
  logger,
});
