/** Tells of what the table's stream delivers: log, sockets, bus, metrics. */
import { eventBridge } from '../../adapters/aws/clients/event-bridge.ts';
import { readEnv } from '../../adapters/aws/env.ts';
import { EventBridgeBus } from '../../adapters/aws/event-bus.ts';
import { EventLog } from '../../adapters/aws/event-log.ts';
import { logger } from '../../adapters/aws/logger.ts';
import { clock, random, table } from '../../adapters/aws/machine.ts';
import { EmfMetrics } from '../../adapters/aws/metrics.ts';
import { outboxHandler, reportRecord } from '../../adapters/aws/outbox.ts';
import { push } from '../../adapters/aws/push.ts';
import { createReport } from './report.ts';

export const handler = outboxHandler(reportRecord, () => {
  const { HOLDFAST_BUS: busName } = readEnv(['HOLDFAST_BUS']);
  const bus = new EventBridgeBus({ client: eventBridge(), busName, clock, random });
  return createReport({ log: new EventLog(table()), push: push(), bus, metrics: new EmfMetrics(), logger });
});
