/** State `Heal` of task.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { healPayload } from '../../adapters/aws/state-payloads.ts';
import { createHeal } from './heal.ts';

export const handler = stateHandler(healPayload, () => createHeal(engine()));
