/** State `Await` of workflow.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { tokenPayload } from '../../adapters/aws/state-payloads.ts';
import { createAwait } from './await.ts';

export const handler = stateHandler(tokenPayload, () => createAwait(engine()));
