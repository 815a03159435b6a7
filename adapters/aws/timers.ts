import type { Timer, Timers } from '../../core/ports/timers.ts';
import { taskName } from '../../core/execution/steps.ts';
import { DelayedMessages, type DelayedMessagesOptions } from './delayed-messages.ts';

/** Times of tasks as messages that are delayed until then. */
export class SqsTimers implements Timers {
  readonly #messages: DelayedMessages;

  constructor(options: DelayedMessagesOptions) {
    this.#messages = new DelayedMessages(options);
  }

  set({ timestamp, ref }: Timer): Promise<void> {
    return this.#messages.send({
      name: `${taskName(ref.executionId, ref.taskId)}/${ref.run}/${timestamp}`,
      atMs: Date.parse(timestamp),
      body: JSON.stringify({ timestamp, ref }),
    });
  }
}
