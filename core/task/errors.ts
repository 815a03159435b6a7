/** What a host says about an attempt, beside the errors that handlers throw themselves. */
import { PermanentFailure } from './handler.ts';

/** The input does not match the type's `inputSchema`. */
export class InvalidTaskInput extends PermanentFailure {
  override readonly name = 'InvalidTaskInput';
}

/** The handler returned something that JSON can't hold. */
export class InvalidTaskOutput extends PermanentFailure {
  override readonly name = 'InvalidTaskOutput';
}

/** The attempt took longer than the task's `timeoutMs`. */
export class TaskTimeout extends Error {
  override readonly name = 'TaskTimeout';
}

/** The attempt gave no sign of life for the task's `heartbeatMs`. */
export class HeartbeatTimeout extends Error {
  override readonly name = 'HeartbeatTimeout';
}

/** The attempt was stopped by request: cancel, or the end of its execution. */
export class TaskCancelled extends PermanentFailure {
  override readonly name = 'TaskCancelled';
}

/** The host is shutting down; the attempt runs again elsewhere or later. */
export class HostStopping extends Error {
  override readonly name = 'HostStopping';
}

/** A newer attempt has taken the task over; what this one writes is refused. */
export class Fenced extends PermanentFailure {
  override readonly name = 'Fenced';
}
