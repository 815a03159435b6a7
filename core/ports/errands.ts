import type { CustodyAnswer } from '../custody/answer.ts';
import type { Message } from '../custody/message.ts';
import type { Channel } from '../node/node.ts';

/** What is to be done about bundles by whoever moves them on; twice is harmless. */
export type Errand =
  /** Takes a message into custody. */
  | { type: 'accept'; message: Message }
  /** Takes a bundle as far as it goes now. */
  | { type: 'step'; bundleId: string }
  /** A neighbour answers for these. */
  | { type: 'acknowledged'; from: string; channel: Channel; bundleIds: readonly string[] }
  /** A neighbour does not take one. */
  | { type: 'refused'; from: string; refusal: Extract<CustodyAnswer, { type: 'refused' }> }
  /** Something changed that may be a way to a node. */
  | { type: 'wake'; node: string }
  /** Tells nodes of links. */
  | { type: 'tell-links' }
  /** Looks at what is due. */
  | { type: 'sweep' };

/** Has bundles moved on by another process. */
export interface Errands {
  /** Durable when it resolves. At `atMs` or soon after it; at once unless given. Errors: `PayloadTooLarge`, `StoreUnavailable`. */
  send(errands: readonly Errand[], atMs?: number): Promise<void>;
}
