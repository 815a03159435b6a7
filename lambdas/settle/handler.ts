/** State `Settle` of workflow.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { settlePayload } from '../../adapters/aws/state-payloads.ts';
import { createAnswer } from '../../core/execution/answer.ts';
import { createComplete } from '../complete/complete.ts';
import { createHeal } from '../heal/heal.ts';
import { createSettle } from './settle.ts';

export const handler = stateHandler(settlePayload, () => {
  const ports = engine();
  const answer = createAnswer({ ...ports, complete: createComplete(ports), heal: createHeal(ports) });
  return createSettle({ ...ports, answer });
});
