/** The HTTP API: every route of API Gateway leads here. */
import middy from '@middy/core';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { PolledEvents } from '../../adapters/aws/committed-events.ts';
import { listFrom, readEnv } from '../../adapters/aws/env.ts';
import { EventLog } from '../../adapters/aws/event-log.ts';
import { DynamoExecutionReader } from '../../adapters/aws/execution-reader.ts';
import { here } from '../../adapters/aws/here.ts';
import { callerOf } from '../../adapters/aws/http-door.ts';
import { later, lazily } from '../../adapters/aws/lazily.ts';
import { logged, logger } from '../../adapters/aws/logger.ts';
import { clock, ids, payloads, random, table } from '../../adapters/aws/machine.ts';
import { types, workflows } from '../../adapters/aws/stores.ts';
import { DynamoTickets } from '../../adapters/aws/tickets.ts';
import { VERSION } from '../../adapters/aws/version.ts';
import { createCaughtUp } from '../../core/api/caught-up.ts';
import { type Enrolment, JOIN_TOKEN_MS } from '../../core/api/enrolment.ts';
import type { NetworkOperations } from '../../core/api/network-operations.ts';
import { MEASURED_BUNDLES_MAX } from '../../core/ports/bundle-metrics.ts';
import type { DeadLetters } from '../../core/ports/dead-letters.ts';
import type { Slots } from '../../core/ports/slots.ts';
import { operations } from '../operating.ts';
import { createApi } from './api.ts';

/** Below what a function takes at once, and within the time that API Gateway waits. */
const LIMITS = { bodyBytesMax: 4 * 1024 * 1024, waitMsMax: 20_000 };

/** Few ask for it. */
const slots = later<Pick<Slots, 'usage'>>({ usage: true }, async () =>
  (await import('../../adapters/aws/pools.ts')).slots(),
);

const deadLetters = later<DeadLetters>(
  { list: true, redrive: true },
  lazily(async () => {
    const [{ queues }, { SqsDeadLetters }] = await Promise.all([
      import('../../adapters/aws/clients/queues.ts'),
      import('../../adapters/aws/dead-letters.ts'),
    ]);
    const { HOLDFAST_DEAD_LETTER_QUEUES: urls } = readEnv(['HOLDFAST_DEAD_LETTER_QUEUES']);
    return new SqsDeadLetters({ client: queues(), queueUrls: listFrom(urls) });
  }),
);

const network = later<NetworkOperations>(
  {
    registered: true,
    routes: true,
    contacts: true,
    linkStates: true,
    nodeStates: true,
    putNode: true,
    putLink: true,
    putNetwork: true,
    putConstellation: true,
    putPlan: true,
    removeNode: true,
    removeLink: true,
    removeConstellation: true,
    removePlan: true,
  },
  lazily(async () => {
    const [{ DynamoNetworkStore }, { createNetwork }] = await Promise.all([
      import('../../adapters/aws/network-store.ts'),
      import('../network/network.ts'),
    ]);
    return createNetwork({ network: new DynamoNetworkStore(table()), clock, ids });
  }),
);

const enrolment = later<Enrolment>(
  { issue: true, revoke: true, token: true, join: true },
  lazily(async () => {
    const [{ iot }, { IotNodeRegistry }, { DynamoNodeKeys }, { DynamoNetworkStore }, { createEnrol }] =
      await Promise.all([
        import('../../adapters/aws/clients/iot.ts'),
        import('../../adapters/aws/node-registry.ts'),
        import('../../adapters/aws/node-keys.ts'),
        import('../../adapters/aws/network-store.ts'),
        import('../enrol/enrol.ts'),
      ]);
    const { HOLDFAST_NODE_POLICY: policyName } = readEnv(['HOLDFAST_NODE_POLICY']);
    const keys = new DynamoNodeKeys(table(), clock);
    return createEnrol({
      network: new DynamoNetworkStore(table()),
      registry: new IotNodeRegistry({ client: iot(), policyName, keys, clock, random }),
      isSecret: (nodeId, secret) => keys.isSecret(nodeId, secret),
      tokens: new DynamoTickets(table(), clock, JOIN_TOKEN_MS, 'JOIN'),
      hub: here(),
      isOpen: false,
    });
  }),
);

const queues = async (bundlesMax?: number) => {
  const [{ custody }, { queuesOf }] = await Promise.all([
    import('../../adapters/aws/custody.ts'),
    import('../../core/custody/queues.ts'),
  ]);
  return queuesOf({ node: here(), custody: custody(), clock }, bundlesMax);
};

const answer = lazily(() => {
  const { HOLDFAST_SOCKET_URL: socketUrl } = readEnv(['HOLDFAST_SOCKET_URL']);
  const reader = new DynamoExecutionReader(table());
  const positions = new EventLog(table());
  const app = createApi({
    operations,
    reader,
    workflows: workflows(),
    taskTypes: types(),
    slots,
    payloads: payloads(),
    clock,
    ids,
    committed: new PolledEvents({ reader, positions, clock, logger }),
    hasCaughtUp: createCaughtUp(positions, reader),
    deadLetters,
    network,
    enrolment,
    queues: () => queues(),
    tickets: new DynamoTickets(table(), clock),
    caller: (_, env) => ({ principal: callerOf(env), socketUrl }),
    health: async () => {
      await positions.newest(undefined);
      return { store: { ok: true } };
    },
    metrics: async () => {
      const [{ totalsText }, { bundlesText }, { DynamoFailoverMemories }] = await Promise.all([
        import('../../core/metrics/prometheus.ts'),
        import('../../core/metrics/bundles.ts'),
        import('../../adapters/aws/failover-memories.ts'),
      ]);
      const switches = await new DynamoFailoverMemories(table()).switches();
      const bundles = bundlesText(switches, await queues(MEASURED_BUNDLES_MAX));
      return totalsText(await reader.totals(), await slots.usage()) + bundles;
    },
    logger,
    version: VERSION,
    limits: LIMITS,
  });
  return handle(app);
});

export const handler = middy<LambdaEvent>()
  .use(logged())
  .handler((event) => answer()(event));
