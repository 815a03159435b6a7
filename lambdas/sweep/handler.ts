/** Called by a schedule, every few minutes. */
import { engine } from '../../adapters/aws/engine.ts';
import { DynamoExecutionReader } from '../../adapters/aws/execution-reader.ts';
import { table } from '../../adapters/aws/machine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { anyPayload } from '../../adapters/aws/state-payloads.ts';
import { createSweep } from './sweep.ts';

export const handler = stateHandler(anyPayload, () =>
  createSweep({ ...engine(), reader: new DynamoExecutionReader(table()) }),
);
