/** State `Settle` of workflow.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { settlePayload } from '../../adapters/aws/state-payloads.ts';
import { answerWith } from '../answer.ts';
import { createSettle } from './settle.ts';

export const handler = stateHandler(settlePayload, () => {
  const ports = engine();
  return createSettle({ ...ports, answer: answerWith(ports) });
});
