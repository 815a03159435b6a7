/** A text to hand on through a queue. */
export interface QueueMessage {
  /** Text without the control characters that XML 1.0 excludes; encode binary as base64. 1 MiB with the attributes. */
  body: string;
  /** Messages of a group are delivered one after another, in the order they were sent; groups don't wait for each other. */
  group: string;
  /** Sent again within five minutes, the same id is delivered once. */
  deduplicationId: string;
  /** Texts that travel beside the body, ten at most. */
  attributes?: Record<string, string>;
}

/**
 * The sending end of a queue that keeps order within groups. The receiving end is the host's event source: it delivers at
 * least once, and sets aside what keeps failing as a dead letter.
 */
export interface MessageQueue {
  /**
   * Durable when it resolves; whatever it rejects with, some of the messages may have been taken, and sending all of them again
   * is safe. A message that the service turned away for a moment may arrive after later ones of its own batch of ten.
   * Errors: `InvalidInput`, `PayloadTooLarge` (nothing was sent), `StoreUnavailable`.
   */
  send(messages: readonly QueueMessage[]): Promise<void>;
}
