/** State `Seed` of workflow.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { runPayload } from '../../adapters/aws/state-payloads.ts';
import { createSeed } from './seed.ts';

export const handler = stateHandler(runPayload, () => createSeed(engine()));
