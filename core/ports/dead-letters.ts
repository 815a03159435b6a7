/** A message that was set aside. */
export interface DeadLetter {
  /** The queue's own id of it. */
  id: string;
  /** Its message group, in a FIFO queue. */
  group?: string;
  /** Epoch milliseconds; when it was set aside, in a FIFO queue. */
  sentMs: number;
  /** Its beginning, when it is longer than `SHOWN_LENGTH_MAX` characters. */
  body: string;
  bodyBytes: number;
}

export const SHOWN_LENGTH_MAX = 4096;
/** Messages shown of one queue. */
export const SHOWN_MAX = 10;
/** Messages that a redrive with a limit moves at most. */
export const REDRIVE_LIMIT_MAX = 1000;

/** A redrive, as far as it is. */
export interface Redrive {
  status: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  movedCount: number;
  /** Of those that there were when it began, approximately. */
  totalCount?: number;
  startedMs?: number;
  /** Why it failed. */
  reason?: string;
}

export interface DeadLetterQueue {
  name: string;
  /** Names of the queues that its messages come from and go back to. */
  sources: string[];
  /** Approximately; those that a redrive or somebody else is at are among them. */
  messageCount: number;
  /** The last one that moved everything. */
  redrive?: Redrive;
  /** Some of its messages, where one queue was asked for. */
  messages?: DeadLetter[];
}

/** Where messages are that failed as often as their queue allows, and how they come back. */
export interface DeadLetters {
  /** All of the queues, or the one named, with some of its messages. Errors: `NotFound`, `StoreUnavailable`. */
  list(queue?: string): Promise<DeadLetterQueue[]>;
  /**
   * Sends messages back to the queues that they come from, in order within their groups, as new ones that may fail as often
   * again. All of them, in the background (asked again meanwhile, the same redrive), or the oldest `limit` before it resolves.
   * Errors: `NotFound`, `Conflict` when it is not known where they come from, `StoreUnavailable`.
   */
  redrive(queue: string, limit?: number): Promise<Redrive>;
}
