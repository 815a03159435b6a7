/** The queue of timers, and what its messages say. */
import type { Timer } from '../../core/ports/timers.ts';
import { delayedBy } from './delayed-queue.ts';
import { readEnv } from './env.ts';
import { lazily } from './lazily.ts';
import { stray } from './message-body.ts';
import { timerPayload } from './state-payloads.ts';
import { SqsTimers } from './timers.ts';

export const timers = lazily(() => {
  const env = readEnv([
    'HOLDFAST_TIMER_QUEUE',
    'HOLDFAST_TIMER_QUEUE_ARN',
    'HOLDFAST_TIMER_DEAD_LETTERS_ARN',
    'HOLDFAST_SCHEDULE_GROUP',
    'HOLDFAST_SCHEDULE_ROLE',
  ]);
  return new SqsTimers(
    delayedBy({
      queueUrl: env.HOLDFAST_TIMER_QUEUE,
      queueArn: env.HOLDFAST_TIMER_QUEUE_ARN,
      deadLettersArn: env.HOLDFAST_TIMER_DEAD_LETTERS_ARN,
      roleArn: env.HOLDFAST_SCHEDULE_ROLE,
      group: env.HOLDFAST_SCHEDULE_GROUP,
    }),
  );
});

/** Errors: `InvalidInput` for what isn't a timer. */
export function readTimer(body: string): Timer {
  const problems: string[] = [];
  const timer = timerPayload(parsed(body), '', problems);
  if (problems.length === 0) return timer;
  throw stray(`no timer: ${problems.join('; ')}.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
