import type { Channel } from '../node/node.ts';

/** Hands frames to a neighbour over one of the channels that lead there. */
export interface LinkClient {
  /**
   * Resolves when the frame has left this node, which says nothing of its arrival.
   * Errors: `LinkDown` where nothing leads to the neighbour over the channel now, `PayloadTooLarge`, `StoreUnavailable`.
   */
  send(to: string, channel: Channel, frame: Uint8Array): Promise<void>;
}
