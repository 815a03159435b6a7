/** The state machines of the deployment, started as they are. */
import { stepFunctions } from './clients/step-functions.ts';
import { SfnDispatcher } from './dispatcher.ts';
import { readEnv } from './env.ts';
import { lazily } from './lazily.ts';

export const machines = lazily(() => {
  const env = readEnv(['HOLDFAST_WORKFLOW_MACHINE', 'HOLDFAST_TASK_MACHINE', 'HOLDFAST_LONG_MACHINE']);
  return new SfnDispatcher({
    client: stepFunctions(),
    machines: {
      workflow: env.HOLDFAST_WORKFLOW_MACHINE,
      task: env.HOLDFAST_TASK_MACHINE,
      long: env.HOLDFAST_LONG_MACHINE,
    },
  });
});
