import { HoldfastError } from '../../core/errors.ts';
import { taskName } from '../../core/execution/steps.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { Timer, Timers } from '../../core/ports/timers.ts';
import { sideBySide } from '../../core/side-by-side.ts';
import type { Logger } from '../../core/task/handler.ts';

/** A timer as the host's queue delivers it, at least once. */
export interface TimerMessage {
  id: string;
  /** Throws for what no writer has put there. */
  read: () => Timer;
}

export interface RemindPorts {
  dispatcher: Dispatcher;
  timers: Timers;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'warn' | 'error'>;
}

/**
 * Hands tasks over to the Express lane when their time has come, and sets their timers again while it hasn't. Twice is harmless:
 * Route finds that nothing is due. Returns the ids of the messages that go back to the queue, which delivers them again and sets
 * aside what fails too often.
 */
export function createRemind({ dispatcher, timers, clock, logger }: RemindPorts) {
  return async (messages: readonly TimerMessage[]): Promise<{ failedIds: string[] }> => {
    const failedIds: string[] = [];
    await sideBySide(messages, async ({ id, read }) => {
      try {
        await remind(read());
      } catch (error) {
        tell(id, error as Error);
        failedIds.push(id);
      }
    });
    return { failedIds };
  };

  function remind(timer: Timer): Promise<void> {
    if (Date.parse(timer.timestamp) > clock.now()) return timers.set(timer);
    const { executionId, taskId, run, hops } = timer.ref;
    return dispatcher.start('task', taskName(executionId, taskId), { executionId, taskId, run, hops });
  }

  /** One that may succeed later is a warning; what is no timer never will. */
  function tell(messageId: string, error: Error): void {
    const isRefused = error instanceof HoldfastError && error.kind === 'invalid';
    if (isRefused) logger.error('a message is no timer', { messageId, error: error.message, fix: error.fix });
    else logger.warn('a timer goes back to the queue', { messageId, error: error.stack ?? String(error) });
  }
}
