import { sideBySide } from '../../core/side-by-side.ts';
import type { Logger } from '../../core/task/handler.ts';

/** A deletion that the host's outbox delivers, at least once. */
export interface PurgeRecord {
  /** By which the outbox is asked to deliver it again. */
  id: string;
  /** The execution that its store has deleted; undefined where it deleted something else, or nothing. */
  expired: () => string | undefined;
}

export interface PurgePorts {
  /** Deletes what is left of an execution; leaves one alone that is there. Idempotent. */
  purge: (executionId: string) => Promise<void>;
  logger: Pick<Logger, 'error'>;
}

/**
 * Clears away after executions whose time is over: the store deletes them, and this what belonged to them. Answers with the id of
 * the first record to be delivered again; undefined when there is none.
 */
export function createPurge({ purge, logger }: PurgePorts) {
  return async (records: readonly PurgeRecord[]): Promise<string | undefined> => {
    const failed: number[] = [];
    await sideBySide([...records.entries()], async ([at, { expired }]) => {
      const executionId = expired();
      if (executionId === undefined) return;
      try {
        await purge(executionId);
      } catch (error) {
        logger.error('What is left of an execution could not be deleted.', {
          executionId,
          error: String(error),
        });
        failed.push(at);
      }
    });
    return failed.length === 0 ? undefined : records[Math.min(...failed)]!.id;
  };
}
