import { dynamo } from './clients/dynamo.ts';
import { lazily } from './lazily.ts';
import { clock, random, table } from './machine.ts';
import { DynamoSlots } from './slots.ts';

/** The places of workflows and tasks, made when first asked for and once a process. */
export const slots = lazily(
  () => new DynamoSlots({ client: dynamo(), tableName: table().name, clock, random }),
);
