import { ENDING_EVENTS, type HoldfastEvent } from '../../core/event/event.ts';
import { EXECUTION_ENDS, type Execution } from '../../core/execution/execution.ts';
import type { EventFilter } from '../../core/ports/execution-store.ts';
import { type ApiDependencies, findExecution } from './dependencies.ts';

/**
 * The events that match, after waiting up to `waitMs` for the first. Comes back early when the execution has ended, or the
 * client has gone (`signal`). Throws `NotFound`.
 */
export async function waitForEvents(
  deps: Pick<ApiDependencies, 'reader' | 'committed' | 'clock' | 'limits' | 'hasCaughtUp'>,
  executionId: string,
  filter: EventFilter,
  waitMs: number,
  signal: AbortSignal,
): Promise<HoldfastEvent[]> {
  const { reader, committed, clock, limits } = deps;
  const { afterSeq = 0 } = filter;
  const arrival = new AbortController();
  const wakes = (event: HoldfastEvent) =>
    event.executionId === executionId &&
    event.seq > afterSeq &&
    (filter.types === undefined || filter.types.includes(event.type) || ENDING_EVENTS.has(event.type));
  // Listens before it reads, so that nothing falls between.
  const stop = committed.onCommitted(
    (batch) => {
      if (batch.some(({ event }) => wakes(event))) arrival.abort();
    },
    { executionId, afterSeq },
  );
  try {
    const execution = await findExecution(deps, executionId);
    // Asked before the log is read, which then holds all there will be.
    const isAll = waitMs === 0 || (await isOver(deps, execution));
    const events = await reader.events(executionId, filter);
    if (events.length > 0 || isAll) return events;
    await sleepUntil(
      clock,
      Math.min(waitMs, limits?.waitMsMax ?? waitMs),
      AbortSignal.any([arrival.signal, signal]),
    );
    return await reader.events(executionId, filter);
  } finally {
    stop();
  }
}

/** Whether nothing more comes. */
async function isOver(
  { hasCaughtUp }: Pick<ApiDependencies, 'hasCaughtUp'>,
  execution: Execution,
): Promise<boolean> {
  if (!EXECUTION_ENDS.includes(execution.status)) return false;
  return hasCaughtUp === undefined || hasCaughtUp(execution);
}

async function sleepUntil(clock: ApiDependencies['clock'], ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
