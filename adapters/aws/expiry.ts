/** What DynamoDB may delete by itself, and when: an execution and its part of the feed; `purge.ts` deletes the rest after it. */
export interface Retention {
  /** Days that an execution is kept after its end; for ever unless given. */
  days?: number;
}

const DAY_MS = 24 * 3600 * 1000;

/** For the attribute `expires`, in epoch seconds. */
export const expiresAt = (overMs: number, { days }: Retention): number | undefined =>
  days === undefined ? undefined : Math.ceil((overMs + days * DAY_MS) / 1000);
