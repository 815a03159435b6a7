/** What a neighbour is told of a bundle that it sent. */
import type { BundleRefused, RefusalReason } from '../bundle/refusal.ts';
import type { Frame } from '../node/frames.ts';

export type CustodyAnswer = Extract<Frame, { type: 'accepted' | 'refused' }>;

/** Sending the same once more can't help: it is as it should be, and not taken. */
const PERMANENT: readonly RefusalReason[] = [
  'malformed',
  'unsupported',
  'too-large',
  'unprotected',
  'no-key',
  'looping',
];

/** @param sentAs the id that the sender gave it */
export const refusalOf = (sentAs: string, { reason, message }: BundleRefused): CustodyAnswer => ({
  type: 'refused',
  bundleId: sentAs,
  reason: `${reason}: ${message}`,
  isPermanent: PERMANENT.includes(reason),
});
