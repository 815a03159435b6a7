/** The queue of what is to be done about bundles. */
import { queues } from './clients/queues.ts';
import { readEnv } from './env.ts';
import { SqsErrands } from './errands.ts';
import { lazily } from './lazily.ts';
import { clock, payloads, random } from './machine.ts';

export const errands = lazily(
  () =>
    new SqsErrands({
      client: queues(),
      queueUrl: readEnv(['HOLDFAST_FORWARD_QUEUE']).HOLDFAST_FORWARD_QUEUE,
      payloads: payloads(),
      clock,
      random,
    }),
);
