import type { JsonObject } from '../core/json.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Dispatcher, MachineName } from '../core/ports/dispatcher.ts';
import type { Random } from '../core/ports/random.ts';
import type { Invoke, RunResult, StateMachine, TaskTokens } from './asl/index.ts';

export interface DispatcherOptions {
  machines: Record<MachineName, Pick<StateMachine, 'run'>>;
  invoke: Invoke;
  tokens: TaskTokens;
  clock: Clock;
  random: Random;
  /** Told of a machine that failed: a fault of this program or of its store, since tasks' own failures are healed. */
  onFault: (machine: MachineName, name: string, input: JsonObject, result: RunResult) => void;
}

export interface LocalDispatcher extends Dispatcher {
  /** Stops every machine and waits until none runs. */
  stop(): Promise<void>;
}

/** Runs state machines in this process. */
export function createDispatcher({
  machines,
  invoke,
  tokens,
  clock,
  random,
  onFault,
}: DispatcherOptions): LocalDispatcher {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const names = new Set<string>();

  async function run(machine: MachineName, name: string, input: JsonObject): Promise<void> {
    const result = await machines[machine].run(input, {
      invoke,
      clock,
      random,
      tokens,
      signal: stopping.signal,
    });
    if (result.status !== 'SUCCEEDED' && !stopping.signal.aborted) onFault(machine, name, input, result);
  }

  return {
    async start(machine, name, input) {
      if (stopping.signal.aborted) return;
      // A task may be dispatched twice: its fence decides, and a start that was swallowed here could lose a wake-up.
      const once = machine === 'task' || machine === 'long' ? undefined : `${machine}/${name}`;
      if (once !== undefined) {
        if (names.has(once)) return;
        names.add(once);
      }
      const promise = run(machine, name, input).finally(() => {
        running.delete(promise);
        if (once !== undefined) names.delete(once);
      });
      running.add(promise);
    },
    async stop() {
      stopping.abort(new Error('the host is stopping'));
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
