/** The view for logs: one line for what matters, and for every task only where they are few. */
import type { HoldfastEvent } from '../../core/event/event.ts';
import { duration, oneLine } from '../text.ts';
import { healingReason, placedReason, type Progress } from './progress.ts';

/** A workflow with more tasks than this reports its successes by tenths. */
export const EVERY_TASK_MAX = 100;
const WIDTH = 300;

/** What to print for an event after `progress` has taken it in; undefined for nothing. */
export function plainLine(event: HoldfastEvent, progress: Progress): string | undefined {
  const words = wordsFor(event, progress);
  if (words === undefined) return undefined;
  const sinceMs = event.atMs - (progress.startedMs ?? event.atMs);
  return `${`+${(sinceMs / 1000).toFixed(3)}s`.padStart(10)}  ${oneLine(words, WIDTH)}`;
}

function wordsFor(
  { type, taskId = '', attempt = 1, data = {} }: HoldfastEvent,
  progress: Progress,
): string | undefined {
  const few = progress.total <= EVERY_TASK_MAX;
  switch (type) {
    case 'task.started':
      return few ? `${taskId} started${attempt > 1 ? ` (attempt ${attempt})` : ''}` : undefined;
    case 'task.succeeded':
      return few ? `${taskId} succeeded` : milestone(progress);
    case 'task.skipped':
      return few ? `${taskId} skipped: ${said(data.reason)}` : milestone(progress);
    case 'task.placed':
      return few ? `${taskId} ${placedReason(data)}` : undefined;
    case 'task.waiting':
      return few ? `${taskId} ${said(data.reason)}` : undefined;
    case 'task.failed':
      return `${taskId} FAILED ${said(data.error)}: ${said(data.cause)}`;
    case 'task.attempt-failed':
      return `${taskId} ${healingReason(data)} (in ${duration(Number(data.delayMs ?? 0))})`;
    case 'task.parked':
      return `${taskId} PARKED: ${said(data.reason)}`;
    case 'task.interrupted':
      return `${taskId} was interrupted with its host and runs again`;
    default:
      return type.startsWith('execution.') && !type.endsWith('submitted')
        ? `${progress.workflow} ${type.slice('execution.'.length)}`
        : undefined;
  }
}

function milestone({ counts, total }: Progress): string | undefined {
  const done = counts.succeeded + counts.failed + counts.skipped;
  const tenth = Math.ceil(total / 10);
  return done % tenth === 0 ? `${done} of ${total} tasks` : undefined;
}

const said = (value: unknown): string => (typeof value === 'string' ? value : '');
