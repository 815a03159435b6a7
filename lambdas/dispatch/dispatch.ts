import { machineName, taskName } from '../../core/execution/steps.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import { sideBySide } from '../../core/side-by-side.ts';
import type { Logger } from '../../core/task/handler.ts';

/** A task, or an execution where no task is named, as a committed write left it. */
export interface Startable {
  executionId: string;
  taskId?: string;
  run: number;
  /** READY, or QUEUED: whoever made it so has started a state machine for it, unless it died before. */
  isWaiting: boolean;
}

/** A write that the host's outbox delivers, at least once, some seconds later. */
export interface DispatchRecord {
  /** By which the outbox is asked to deliver it again. */
  id: string;
  /** Undefined: nothing that could be started. Throws for what no writer has left there. */
  read: () => Startable | undefined;
}

export interface DispatchPorts {
  store: Pick<ExecutionStore, 'get' | 'task'>;
  dispatcher: Dispatcher;
  logger: Pick<Logger, 'warn' | 'error'>;
}

interface Waiting extends Startable {
  record: number;
}

/**
 * The outbox: starts again what a crash kept from being started. What a later record of the same batch shows to have been taken up
 * is not looked at; of what is left the store knows how it stands by now. Starting twice is harmless. Answers with the id of the
 * first record to be delivered again; undefined when there is none.
 */
export function createDispatch({ store, dispatcher, logger }: DispatchPorts) {
  return async (records: readonly DispatchRecord[]): Promise<string | undefined> => {
    const { waiting, unreadable } = stillWaiting(records, logger);
    const failed: number[] = unreadable === undefined ? [] : [unreadable];
    await sideBySide(waiting, async (one) => {
      try {
        await startAgain(one);
      } catch (error) {
        const { executionId, taskId } = one;
        logger.error('What waits could not be started again.', { executionId, taskId, error: String(error) });
        failed.push(one.record);
      }
    });
    return failed.length === 0 ? undefined : records[Math.min(...failed)]!.id;
  };

  async function startAgain({ executionId, taskId, run }: Startable): Promise<void> {
    if (taskId === undefined) {
      const execution = await store.get(executionId);
      // With a token it has its machine, which waits for a place.
      if (execution?.status !== 'QUEUED' || execution.admitToken || execution.run !== run) return;
      logger.warn('An execution had been left in the queue.', { executionId });
      return dispatcher.start('workflow', machineName(executionId, run), { executionId, run });
    }
    const task = await store.task({ executionId, taskId });
    if (task?.status !== 'READY') return;
    await dispatcher.start('task', taskName(executionId, taskId), { executionId, taskId, run, hops: 0 });
  }
}

/** What waits by the last that the records show of it; reads up to the first that can't be. */
function stillWaiting(records: readonly DispatchRecord[], logger: DispatchPorts['logger']) {
  const last = new Map<string, Waiting>();
  let unreadable: number | undefined;
  for (const [record, { id, read }] of records.entries()) {
    try {
      const shown = read();
      if (shown) last.set(JSON.stringify([shown.executionId, shown.taskId]), { ...shown, record });
    } catch (error) {
      logger.error('A record of the stream can not be read.', { record: id, error: String(error) });
      unreadable = record;
      break;
    }
  }
  return { waiting: [...last.values()].filter(({ isWaiting }) => isWaiting), unreadable };
}
