/** State `Admit` of workflow.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { tokenPayload } from '../../adapters/aws/state-payloads.ts';
import { createAdmit } from './admit.ts';

export const handler = stateHandler(tokenPayload, () => createAdmit(engine()));
