/** A window in which something may leave. */
export interface ContactTimer {
  to: string;
  link: string;
  /** Epoch milliseconds. */
  startMs: number;
  endMs: number;
}

/** Wakes the host when a contact begins. */
export interface ContactTimers {
  /** Durable when it resolves; the same contact again changes nothing. Errors: `StoreUnavailable`. */
  set(contact: ContactTimer): Promise<void>;
}
