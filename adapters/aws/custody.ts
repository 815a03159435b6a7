/** Custody of bundles, made when first asked for and once a process. */
import { dynamo } from './clients/dynamo.ts';
import { DynamoCustodyStore } from './custody-store.ts';
import { lazily } from './lazily.ts';
import { clock, payloads, random, table } from './machine.ts';

export const custody = lazily(
  () =>
    new DynamoCustodyStore({
      client: dynamo(),
      tableName: table().name,
      payloads: payloads(),
      clock,
      random,
    }),
);
