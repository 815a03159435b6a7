import { HoldfastError } from '../errors.ts';
import type { Channel } from '../node/node.ts';

/** Nothing leads to the neighbour over the channel now. */
export class LinkDown extends HoldfastError {
  override readonly name = 'LinkDown';
  override readonly kind = 'unavailable';
}

/** Hands frames to a neighbour over one of the channels that lead there. */
export interface LinkClient {
  /**
   * Resolves when the frame has left this node, which says nothing of its arrival.
   * Errors: `LinkDown`, `PayloadTooLarge`, `StoreUnavailable`.
   */
  send(to: string, channel: Channel, frame: Uint8Array): Promise<void>;
}
