/** State `Route` of task.asl.json and timer.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { runRefPayload } from '../../adapters/aws/state-payloads.ts';
import { createRoute } from './route.ts';

export const handler = stateHandler(runRefPayload, () => createRoute(engine()));
