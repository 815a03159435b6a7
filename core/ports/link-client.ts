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
   * Hands on at most `FRAME_BYTES_MAX`, at least once to a neighbour that listens. Resolves when the frame has left this node,
   * which says nothing of its arrival. Errors: `LinkDown` where this side sees that nobody listens, `PayloadTooLarge`,
   * `InvalidInput` for what is no id of a node, `StoreUnavailable`.
   */
  send(to: string, channel: Channel, frame: Uint8Array): Promise<void>;
}
