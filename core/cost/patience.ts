import type { HoldfastEvent } from '../event/event.ts';
import { UNLIMITED_SECONDS } from '../execution/steps.ts';
import { awaitSeconds } from '../execution/patience.ts';
import type { Lane } from './lane.ts';

/** Beyond this an execution has been looked after for longer than machines live. */
const LOOKS_MAX = 100_000;

/** Each time that Await has waited for long, the tasks are looked through for lost ones: Mend, Decide, Await again. */
export async function lookAtLostTasks(lane: Lane, { data }: HoldfastEvent): Promise<void> {
  const { book, calls, execution, contents, settings } = lane;
  const { startedMs = 0, endedMs = startedMs, deadlineMs } = execution;
  const lifeMs = lane.run === execution.run ? endedMs - startedMs : 0;
  for (let looks = 0, ageMs = 0; looks < LOOKS_MAX; looks++) {
    const seconds = awaitSeconds(
      { startedMs: 0, deadlineMs: deadlineMs === undefined ? undefined : deadlineMs - startedMs },
      ageMs,
      settings.patience,
    );
    ageMs += seconds * 1000;
    if (seconds >= UNLIMITED_SECONDS || ageMs >= lifeMs) break;
    book.states('workflow', 3);
    await book.invoke('mend', () => {
      calls.getExecution(execution);
      calls.allEnded(execution);
      lane.plan('mend');
      calls.tasks(execution, contents);
    });
    await book.invoke('await', () => {
      calls.changeExecution(execution);
      calls.allEnded(execution);
    });
  }
  if (data?.error !== 'WorkflowTimeout') return;
  book.states('workflow', 2);
  await book.invoke('mend', () => {
    calls.getExecution(execution);
    calls.allEnded(execution);
  });
}
