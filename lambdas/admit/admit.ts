import type { Admission } from '../../core/execution/admission.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { TaskTokens } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';

export interface AdmitInput {
  executionId: string;
  run: number;
  token: string;
}

export interface AdmitPorts {
  store: Pick<ExecutionStore, 'change'>;
  admission: Admission;
  tokens: TaskTokens;
  clock: Clock;
}

const ANY = ['QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;

/** State `Admit`: keeps the state's token, which is answered when the execution may start. */
export function createAdmit({ store, admission, tokens, clock }: AdmitPorts) {
  return async ({ executionId, run, token }: AdmitInput): Promise<void> => {
    const { applied, execution } = await store.change({
      id: executionId,
      expect: { statuses: ANY, run },
      set: { admitToken: token },
      atMs: clock.now(),
      durability: 'ordered',
    });
    if (applied && execution) return admission(execution);
    // The run is over: on to Settle, which lets go of what it held.
    await tokens.succeed(token, {});
  };
}
