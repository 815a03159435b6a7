/** The lanes of contacts, made when first asked for and once a process. */
import { queues } from './clients/queues.ts';
import { numberFrom, readEnv } from './env.ts';
import { LaneLeases } from './lane-leases.ts';
import { lazily } from './lazily.ts';
import { clock, random, table } from './machine.ts';
import { SqsReleaseLanes } from './release-lanes.ts';

export const lanes = lazily(() => {
  const env = readEnv(['HOLDFAST_LANES', 'HOLDFAST_LANE_QUEUES']);
  const slots = numberFrom('HOLDFAST_LANES', env.HOLDFAST_LANES)!;
  const pauses = { clock, random };
  return new SqsReleaseLanes({
    client: queues(),
    leases: new LaneLeases({ table: table(), slots, pauses }),
    queueUrls: env.HOLDFAST_LANE_QUEUES,
    pauses,
  });
});
