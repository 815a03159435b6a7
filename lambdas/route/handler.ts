/** State `Route` of task.asl.json. */
import { engine } from '../../adapters/aws/engine.ts';
import { later } from '../../adapters/aws/lazily.ts';
import { stateHandler } from '../../adapters/aws/state-handler.ts';
import { runRefPayload } from '../../adapters/aws/state-payloads.ts';
import type { Timers } from '../../core/ports/timers.ts';
import { createRoute } from './route.ts';

/** Loaded by the first task that waits for long: most calls do without. */
const timers = later<Timers>({ set: true }, async () =>
  (await import('../../adapters/aws/timer-queue.ts')).timers(),
);

export const handler = stateHandler(runRefPayload, () => createRoute({ ...engine(), timers }));
