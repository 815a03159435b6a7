import type { Admission } from '../../core/execution/admission.ts';
import { machineName } from '../../core/execution/steps.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionReader, ExecutionStore } from '../../core/ports/execution-store.ts';

export interface SweepPorts {
  reader: Pick<ExecutionReader, 'list'>;
  store: Pick<ExecutionStore, 'get'>;
  admission: Admission;
  dispatcher: Dispatcher;
  clock: Clock;
}

/** Somebody at work on an execution has moved it on by then. */
const LOST_MS = 60_000;
const PAGE = 100;

/**
 * Called every few minutes: takes up executions that a crash left in the queue, without a machine or with nobody to wake them. The
 * tasks of those that run are looked after by their own `Mend`. Harmless for executions that aren't lost.
 */
export function createSweep({ reader, store, admission, dispatcher, clock }: SweepPorts) {
  return async (): Promise<{ looked: number }> => {
    let looked = 0;
    let beforeId: string | undefined;
    for (;;) {
      const page = await reader.list({ statuses: ['QUEUED'], beforeId, limit: PAGE });
      for (const { id, submittedMs } of page) if (submittedMs < clock.now() - LOST_MS) await takeUp(id);
      looked += page.length;
      beforeId = page.at(-1)?.id;
      if (page.length < PAGE) return { looked };
    }
  };

  async function takeUp(id: string): Promise<void> {
    const execution = await store.get(id);
    if (execution?.status !== 'QUEUED') return;
    if (execution.admitToken) return admission(execution);
    await dispatcher.start('workflow', machineName(id, execution.run), {
      executionId: id,
      run: execution.run,
    });
  }
}
