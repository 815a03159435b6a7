/** Starts again what the table's stream shows to be left ready, and clears away after executions whose time is over. */
import { engine } from '../../adapters/aws/engine.ts';
import { logger } from '../../adapters/aws/logger.ts';
import { table } from '../../adapters/aws/machine.ts';
import { allOf, dispatchRecord, outboxHandler } from '../../adapters/aws/outbox.ts';
import { purge } from '../../adapters/aws/purge.ts';
import { createPurge } from '../purge/purge.ts';
import { createDispatch } from './dispatch.ts';

export const handler = outboxHandler(dispatchRecord, () =>
  allOf<ReturnType<typeof dispatchRecord>>(
    createDispatch({ ...engine(), logger }),
    createPurge({ purge: (executionId) => purge(table(), executionId), logger }),
  ),
);
