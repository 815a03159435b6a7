/** What a neighbour is told of a bundle that it sent. */
import type { BundleRefused, RefusalReason } from '../bundle/refusal.ts';
import type { Frame } from '../node/frames.ts';

export type CustodyAnswer = Extract<Frame, { type: 'accepted' | 'refused' }>;

/** Sending the same once more can't help. What is not as it should be may have been damaged on its way. */
const PERMANENT: readonly RefusalReason[] = ['unsupported', 'too-large', 'unprotected', 'no-key', 'looping'];

const DAMAGED: readonly RefusalReason[] = ['malformed', 'corrupt', 'tampered'];

/** Whether a refusal, in the words of `refusalOf`, is because of the bundle as it came: nothing that passes by itself. */
export const isOfBundle = (why: string): boolean => DAMAGED.some((reason) => why.startsWith(`${reason}:`));

/** @param sentAs the id that the sender gave it */
export const refusalOf = (sentAs: string, { reason, message }: BundleRefused): CustodyAnswer => ({
  type: 'refused',
  bundleId: sentAs,
  reason: `${reason}: ${message}`,
  isPermanent: PERMANENT.includes(reason),
});
