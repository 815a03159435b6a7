/** State `Park` of parked.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { parkPayload } from '../../adapters/aws/state-payloads.ts';
import { createAnswer } from '../../core/execution/answer.ts';
import { createComplete } from '../complete/complete.ts';
import { createHeal } from '../heal/heal.ts';
import { createRedrive } from '../redrive/redrive.ts';
import { createPark } from './park.ts';

export const handler = stateHandler(parkPayload, () => {
  const ports = engine();
  const answer = createAnswer({ ...ports, complete: createComplete(ports), heal: createHeal(ports) });
  return createPark({ ...ports, answer, redrive: createRedrive(ports) });
});
