import { taskName } from '../core/execution/steps.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Dispatcher } from '../core/ports/dispatcher.ts';
import type { Timer, Timers } from '../core/ports/timers.ts';

export interface TimersOptions {
  dispatcher: Dispatcher;
  clock: Clock;
  /** Ends all of them. */
  signal: AbortSignal;
}

/** Keeps times in this process, which takes up every task that waits when it starts again. */
export function createTimers({ dispatcher, clock, signal }: TimersOptions): Timers {
  const kept = new Set<string>();

  async function keep({ timestamp, ref: { executionId, taskId, run, hops } }: Timer): Promise<void> {
    const leftMs = Date.parse(timestamp) - clock.now();
    if (leftMs > 0) await clock.sleep(leftMs, signal);
    await dispatcher.start('task', taskName(executionId, taskId), { executionId, taskId, run, hops });
  }

  return {
    async set(timer) {
      const { timestamp, ref } = timer;
      const key = `${taskName(ref.executionId, ref.taskId)}/${ref.run}/${timestamp}`;
      if (kept.has(key)) return;
      kept.add(key);
      // Fails only where the host stops.
      keep(timer)
        .catch(() => undefined)
        .finally(() => kept.delete(key));
    },
  };
}
