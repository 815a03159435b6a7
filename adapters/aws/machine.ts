/** What all functions stand on, made when first asked for and once a process. */
import { SystemClock } from '../system/clock.ts';
import { UlidIds } from '../system/ids.ts';
import { SystemRandom } from '../system/random.ts';
import { dynamo } from './clients/dynamo.ts';
import { endpointFor } from './clients/settings.ts';
import { numberFrom, readEnv } from './env.ts';
import type { Retention } from './expiry.ts';
import { ItemTable } from './item-table.ts';
import { lazily } from './lazily.ts';
import { S3PayloadStore } from './payload-store.ts';

export const clock = new SystemClock();
export const random = new SystemRandom();
export const ids = new UlidIds(clock, random);

export const table = lazily(() => new ItemTable(dynamo(), readEnv(['HOLDFAST_TABLE']).HOLDFAST_TABLE));

export const payloads = lazily(
  () =>
    new S3PayloadStore({
      bucket: readEnv(['HOLDFAST_PAYLOAD_BUCKET']).HOLDFAST_PAYLOAD_BUCKET,
      config: dynamo().config,
      endpoint: endpointFor('S3'),
      pauses: { clock, random },
    }),
);

export function retention(): Retention {
  const { HOLDFAST_RETENTION_DAYS: days } = readEnv(['HOLDFAST_RETENTION_DAYS']);
  return { days: numberFrom('HOLDFAST_RETENTION_DAYS', days) };
}
