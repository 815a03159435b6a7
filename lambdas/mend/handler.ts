/** State `Mend` of workflow.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { mendPayload } from '../../adapters/aws/state-payloads.ts';
import { createAnswer } from '../../core/execution/answer.ts';
import { createRepair } from '../../core/execution/repair.ts';
import { createComplete } from '../complete/complete.ts';
import { createHeal } from '../heal/heal.ts';
import { createMend } from './mend.ts';

export const handler = stateHandler(mendPayload, () => {
  const ports = engine();
  const answer = createAnswer({ ...ports, complete: createComplete(ports), heal: createHeal(ports) });
  return createMend({ ...ports, repair: createRepair({ ...ports, answer }) });
});
