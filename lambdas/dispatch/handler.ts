/** Starts again what the table's stream shows to be left ready. */
import { engine } from '../../adapters/aws/engine.ts';
import { logger } from '../../adapters/aws/logger.ts';
import { dispatchRecord, outboxHandler } from '../../adapters/aws/outbox.ts';
import { createDispatch } from './dispatch.ts';

export const handler = outboxHandler(dispatchRecord, () => createDispatch({ ...engine(), logger }));
