/** State `Run` of task.asl.json: the function of one task type. Each bundle makes its own of what the type's file exports. */
import { endpointFor } from '../../adapters/aws/clients/settings.ts';
import { readEnv } from '../../adapters/aws/env.ts';
import { defaultProvider } from '../../adapters/aws/environment-credentials.ts';
import { lazily } from '../../adapters/aws/lazily.ts';
import { logger } from '../../adapters/aws/logger.ts';
import { S3PayloadStore } from '../../adapters/aws/payload-store.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { taskCallPayload } from '../../adapters/aws/state-payloads.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { AttemptPorts } from './attempt.ts';
import { createTaskFunction } from './task-function.ts';

/** `module` is what a task file exports: a handler, or an object with one. Errors: `UnusableTaskFile`, `InvalidSchema`. */
export async function taskFunction(type: string, module: unknown) {
  const run = await createTaskFunction(type, module, ports);
  return stateHandler(
    taskCallPayload,
    () => (call, context) => run(call, context.getRemainingTimeInMillis()),
  );
}

function ports(): AttemptPorts {
  const names = ['HOLDFAST_TABLE', 'HOLDFAST_PAYLOAD_BUCKET'] as const;
  const { HOLDFAST_TABLE: table, HOLDFAST_PAYLOAD_BUCKET: bucket } = readEnv(names);
  // The table's client is most of what a function would load, and only checkpoints need it.
  const store = lazily(async () =>
    (await import('../../adapters/aws/checkpoints.ts')).openCheckpoints(table),
  );
  const clock = new SystemClock();
  return {
    executionStore: {
      saveCheckpoint: async (ref, value) => (await store()).saveCheckpoint(ref, value),
      checkpoint: async (ref) => (await store()).checkpoint(ref),
    },
    payloads: new S3PayloadStore({
      bucket,
      config: { credentials: defaultProvider(), region: async () => process.env.AWS_REGION! },
      endpoint: endpointFor('S3'),
      pauses: { clock, random: new SystemRandom() },
    }),
    clock,
    logger,
  };
}
