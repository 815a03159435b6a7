import { LIVE } from '../../core/execution/finish.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { TaskTokens } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';

export interface AwaitInput {
  executionId: string;
  run: number;
  token: string;
}

export interface AwaitPorts {
  store: Pick<ExecutionStore, 'change' | 'allEnded'>;
  tokens: TaskTokens;
  clock: Clock;
}

/** State `Await`: keeps the state's token, which is answered when no task is open any more; at once when none is. */
export function createAwait({ store, tokens, clock }: AwaitPorts) {
  return async ({ executionId, run, token }: AwaitInput): Promise<void> => {
    const { applied } = await store.change({
      id: executionId,
      expect: { statuses: LIVE, run },
      set: { token },
      atMs: clock.now(),
      durability: 'ordered',
    });
    // Asked after the token is kept: whoever ends the last task meanwhile finds it.
    if (!applied || (await store.allEnded(executionId))) await tokens.succeed(token, {});
  };
}
