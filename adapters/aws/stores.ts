/** The stores beside the executions', made when first asked for and once a process. */
import { dynamo } from './clients/dynamo.ts';
import { lazily } from './lazily.ts';
import { clock, payloads, table } from './machine.ts';
import { DynamoTaskTypes } from './task-types.ts';
import { DynamoWorkflowStore } from './workflow-store.ts';

export const workflows = lazily(
  () => new DynamoWorkflowStore({ client: dynamo(), tableName: table().name, payloads: payloads() }),
);
export const types = lazily(() => new DynamoTaskTypes({ table: table(), clock }));
