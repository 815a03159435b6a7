/** Keeps the conditions of nodes up to date though nobody asks, so that each begins and ends when it does. */
import type { NetworkOperations } from '../core/api/network-operations.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/task/handler.ts';

export interface ConditionsOptions {
  network: Pick<NetworkOperations, 'linkStates' | 'nodeStates'>;
  clock: Clock;
  logger: Pick<Logger, 'error'>;
  signal: AbortSignal;
}

const LOOK_MS = 1000;

export async function watchConditions({ network, clock, logger, signal }: ConditionsOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      const { length: measured } = await network.linkStates();
      if (measured > 0) await network.nodeStates();
    } catch (error) {
      if (!signal.aborted)
        logger.error('the conditions of nodes could not be followed', { error: String(error) });
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
}
