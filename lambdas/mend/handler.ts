/** State `Mend` of workflow.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { mendPayload } from '../../adapters/aws/state-payloads.ts';
import { createRepair } from '../../core/execution/repair.ts';
import { createMend } from './mend.ts';

export const handler = stateHandler(mendPayload, () => {
  const ports = engine();
  return createMend({ ...ports, repair: createRepair(ports) });
});
