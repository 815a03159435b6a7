import type { HoldfastEvent } from '../event/event.ts';
import { awaitSeconds, type Rest } from '../execution/patience.ts';
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
function looksOf(lane: Lane): number[] {
  const { execution, run, settings } = lane;
  const { startedMs = 0, endedMs = startedMs, deadlineMs } = execution;
  const looks: number[] = [];
  if (run !== execution.run) return looks;
  for (let nowMs = startedMs; looks.length < LOOKS_MAX; looks.push(nowMs)) {
    // Seed has not looked.
    const rest = nowMs === startedMs ? undefined : restAt(lane, nowMs);
    const seconds = awaitSeconds({ startedMs, deadlineMs }, nowMs, settings.patience, rest);
    nowMs += seconds * 1000;
    if (seconds >= UNLIMITED_SECONDS || nowMs >= endedMs) break;
  }
  return looks;
}

/** As `core/execution/repair.ts` finds it at some moment: all that is open waits, or comes after what waits. */
function restAt({ history, program: { graph } }: Lane, nowMs: number): Rest | undefined {
  const last = lastOf(history.events, nowMs);
  const hasEnded = (index: number) => ENDING.has(last.get(graph.tasks[index]!.id)?.type ?? 'task.waiting');
  let untilMs = Infinity;
  let awaitsAnswers = false;
  for (const [index, { id, timeoutMs = Infinity }] of graph.tasks.entries()) {
    const event = last.get(id);
    const isPending = event === undefined && !graph.parents(index).every(hasEnded);
    if (isPending || hasEnded(index)) continue;
    const dueMs = event && dueOf(event);
    if (dueMs === undefined && (event?.type !== 'task.waiting' || event.atMs >= nowMs - LOST_MS))
      return undefined;
    untilMs = Math.min(untilMs, dueMs ?? event!.atMs + timeoutMs);
    awaitsAnswers ||= dueMs === undefined;
  }
  return { untilMs: untilMs + LOST_MS, awaitsAnswers };
}

const ENDING: ReadonlySet<string> = new Set(['task.succeeded', 'task.failed', 'task.skipped']);

/** When its wait for a time is over, or that before another attempt. */
function dueOf({ type, atMs, data }: HoldfastEvent): number | undefined {
  if (type === 'task.waiting' && data?.dueMs !== undefined) return Number(data.dueMs);
  if (type === 'task.attempt-failed' && data?.delayMs !== undefined) return atMs + Number(data.delayMs);
  return undefined;
}

/** The last that was told of each task until then; nothing of those that a redrive begins anew. */
function lastOf(events: readonly HoldfastEvent[], nowMs: number): ReadonlyMap<string, HoldfastEvent> {
  const last = new Map<string, HoldfastEvent>();
  for (const event of events) {
    if (event.atMs > nowMs) break;
    if (event.taskId !== undefined) last.set(event.taskId, event);
    if (event.type !== 'execution.redriven') continue;
    for (const [id, { type }] of last)
      if (type !== 'task.succeeded' && type !== 'task.skipped') last.delete(id);
  }
  return last;
}

/** Tasks that waited for a signal or a child at some moment, and had begun to before it. */
function waitingAt(events: readonly HoldfastEvent[], nowMs: number): number {
  const isWaiting = (event: HoldfastEvent) => event.type === 'task.waiting' && dueOf(event) === undefined;
  return [...lastOf(events, nowMs).values()].filter(isWaiting).length;
}
