/** Takes bundles into custody: what begins here, and what neighbours bring. */
import { type Bundle, BUNDLE_FLAGS, hasFlag } from '../../core/bundle/bundle.ts';
import { compressPayload } from '../../core/bundle/compression.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import { checkArrival } from '../../core/bundle/hop.ts';
import { BundleRefused } from '../../core/bundle/refusal.ts';
import { addressOf, stayId } from '../../core/custody/address.ts';
import { type CustodyAnswer, refusalOf } from '../../core/custody/answer.ts';
import { bundleOf, type Message } from '../../core/custody/message.ts';
import { protectedWith, unprotected } from '../../core/custody/protection.ts';
import { PayloadTooLarge } from '../../core/errors.ts';
import { take } from './take.ts';
import { type CustodyPorts, limitsOf } from './ports.ts';

export interface Accepted {
  /** To be stepped. */
  bundleId: string;
  /** False: it is or was in custody already. */
  isNew: boolean;
}

export interface Arrived {
  /** For the neighbour, over the channel that it came over. */
  answer: CustodyAnswer;
  /** To be stepped; absent for what is refused or was here before. */
  bundleId?: string;
}

export interface CustodyUseCases {
  /**
   * Takes a message into custody; durable when it resolves. Errors: `InvalidInput`, `BundleRefused`, `PayloadTooLarge`,
   * `StoreUnavailable`.
   */
  accept(message: Message): Promise<Accepted>;
  /**
   * Takes what a neighbour sent. The answer says that it is in custody, or why not; whatever came, it is no error.
   * Errors: `StoreUnavailable`, for which there is no answer: the neighbour sends it again.
   * @param sentAs how the neighbour named it
   */
  arrived(from: string, sentAs: string, bytes: Uint8Array): Promise<Arrived>;
}

export function createCustody(ports: CustodyPorts): CustodyUseCases {
  return {
    accept: async (message) => {
      const { node, keys, compression } = ports;
      const bundle = await compressPayload(bundleOf(message, node), compression);
      const isHere = message.to === node;
      const made = isHere ? bundle : protectedWith(bundle, await keys?.of(message.to));
      const bytes = encodeBundle(made);
      const { bundleBytesMax } = limitsOf(ports);
      if (bytes.length > bundleBytesMax)
        throw new PayloadTooLarge(
          `The message ${message.id} makes a bundle of ${bytes.length} bytes, above ${bundleBytesMax}.`,
          'Send a reference to it instead, or less at once.',
        );
      return take(ports, made, bytes, { reason: 'begins here' });
    },
    arrived: async (from, sentAs, bytes) => {
      try {
        const bundle = await checked(ports, from, bytes);
        const { bundleId, isNew } = await take(ports, bundle, bytes, { from, reason: `came from ${from}` });
        const answer: CustodyAnswer = { type: 'accepted', bundleIds: [sentAs] };
        return isNew ? { answer, bundleId } : { answer };
      } catch (error) {
        if (error instanceof PayloadTooLarge)
          return { answer: refusalOf(sentAs, new BundleRefused('too-large', error.message)) };
        if (error instanceof BundleRefused) return { answer: refusalOf(sentAs, error) };
        throw error;
      }
    },
  };
}

async function checked(ports: CustodyPorts, from: string, bytes: Uint8Array): Promise<Bundle> {
  const { custody, clock, intake, keys, node } = ports;
  const limits = limitsOf(ports);
  const bundle = decodeBundle(bytes, { bundleBytesMax: limits.bundleBytesMax });
  const nowMs = clock.now();
  checkArrival(bundle, { sizeBytes: bytes.length, nowMs, limits });
  const isHere = addressOf(bundle.primary.destination).node === node;
  const source = addressOf(bundle.primary.source).node;
  if (isHere && !hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isFragment))
    unprotected(bundle, await keys?.of(source));
  // What is here already costs nothing, and its sender waits for the answer.
  if ((await custody.get(stayId(bundle, node))) !== undefined) return bundle;
  intake?.admit(from, bytes.length, nowMs);
  const { waiting, booked, released } = await custody.totals();
  const heldBytes = waiting.bytes + booked.bytes + released.bytes;
  if (heldBytes + bytes.length <= limits.heldBytesMax) return bundle;
  throw new BundleRefused(
    'flooding',
    `${heldBytes} bytes are in custody here; with ${bytes.length} more it is above ${limits.heldBytesMax}`,
  );
}
