/** Contacts of links: when they begin, and who drains them. */
import { DynamoContactLeases } from './contact-leases.ts';
import { SqsContactTimers } from './contact-timers.ts';
import { DelayedMessages } from './delayed-messages.ts';
import { delayedBy } from './delayed-queue.ts';
import { readEnv } from './env.ts';
import { lazily } from './lazily.ts';
import { clock, table } from './machine.ts';

export const contactTimers = lazily(() => {
  const env = readEnv([
    'HOLDFAST_CONTACT_QUEUE',
    'HOLDFAST_CONTACT_QUEUE_ARN',
    'HOLDFAST_CONTACT_DEAD_LETTERS_ARN',
    'HOLDFAST_CONTACT_SCHEDULE_GROUP',
    'HOLDFAST_CONTACT_SCHEDULE_ROLE',
  ]);
  const queue = {
    queueUrl: env.HOLDFAST_CONTACT_QUEUE,
    queueArn: env.HOLDFAST_CONTACT_QUEUE_ARN,
    deadLettersArn: env.HOLDFAST_CONTACT_DEAD_LETTERS_ARN,
    roleArn: env.HOLDFAST_CONTACT_SCHEDULE_ROLE,
    group: env.HOLDFAST_CONTACT_SCHEDULE_GROUP,
  };
  return new SqsContactTimers({ table: table(), messages: new DelayedMessages(delayedBy(queue)) });
});

export const contactLeases = lazily(() => new DynamoContactLeases(table(), clock));
