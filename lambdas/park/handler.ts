/** State `Park` of task.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { parkPayload } from '../../adapters/aws/state-payloads.ts';
import { answerWith } from '../answer.ts';
import { createRedrive } from '../redrive/redrive.ts';
import { createPark } from './park.ts';

export const handler = stateHandler(parkPayload, () => {
  const ports = engine();
  return createPark({ ...ports, answer: answerWith(ports), redrive: createRedrive(ports) });
});
