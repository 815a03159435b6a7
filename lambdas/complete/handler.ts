/** State `Complete` of task.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { completePayload } from '../../adapters/aws/state-payloads.ts';
import { createComplete } from './complete.ts';

export const handler = stateHandler(completePayload, () => createComplete(engine()));
