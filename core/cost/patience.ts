import type { HoldfastEvent } from '../event/event.ts';
import { awaitSeconds } from '../execution/patience.ts';
import { UNLIMITED_SECONDS } from '../execution/steps.ts';
import type { Lane } from './lane.ts';
import { textIn } from './sizes.ts';

/** Beyond this an execution has been looked after for longer than machines live. */
const LOOKS_MAX = 100_000;
/** Tasks that came to stand where they are later than that are left alone, as `core/execution/repair.ts` has it. */
const LOST_MS = 60_000;

/** Each time that Await has waited for long, the tasks are looked through for lost ones: Mend, Decide, Await again. */
export function lookAtLostTasks(lane: Lane, event: HoldfastEvent): void {
  const { book, calls, execution, contents } = lane;
  for (const atMs of looksOf(lane)) {
    book.states('workflow', 3);
    const waiting = waitingAt(lane.history.events, atMs - LOST_MS);
    book.invoke('mend', () => {
      calls.getExecution(execution);
      calls.allEnded(execution);
      lane.plan('mend');
      calls.tasks(execution, contents);
      // Whether what it waits for has come.
      for (let task = 0; task < waiting; task++) calls.getExecution(execution);
    });
    book.invoke('await', () => {
      calls.changeExecution(execution);
      calls.allEnded(execution);
    });
  }
  if (textIn(event, 'error') !== 'WorkflowTimeout') return;
  book.states('workflow', 2);
  book.invoke('mend', () => {
    calls.getExecution(execution);
    calls.allEnded(execution);
  });
}

/** When the last run was looked through. */
function looksOf({ execution, run, settings }: Lane): number[] {
  const { startedMs = 0, endedMs = startedMs, deadlineMs } = execution;
  const looks: number[] = [];
  if (run !== execution.run) return looks;
  for (let nowMs = startedMs; looks.length < LOOKS_MAX; looks.push(nowMs)) {
    const seconds = awaitSeconds({ startedMs, deadlineMs }, nowMs, settings.patience);
    nowMs += seconds * 1000;
    if (seconds >= UNLIMITED_SECONDS || nowMs >= endedMs) break;
  }
  return looks;
}

/** Tasks that waited for a signal or a child at some moment, and had begun to before it. */
function waitingAt(events: readonly HoldfastEvent[], nowMs: number): number {
  const waiting = new Set<string>();
  for (const { atMs, taskId, type, data } of events) {
    if (atMs > nowMs) break;
    if (taskId === undefined) continue;
    if (type === 'task.waiting' && data?.dueMs === undefined) waiting.add(taskId);
    else waiting.delete(taskId);
  }
  return waiting.size;
}
