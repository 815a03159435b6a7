/** What begins here, as a bundle. */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { type Bundle, BUNDLE_FLAGS, newBundle } from '../bundle/bundle.ts';
import { dtnTime } from '../bundle/expiry.ts';
import { type BundleLabel, LABEL, PRECEDENCE } from '../bundle/extensions.ts';
import { BUNDLE_AGE, HOP_COUNT, withBlock } from '../bundle/known-blocks.ts';
import { InvalidInput } from '../errors.ts';
import { checkNumber } from '../link-health/checks.ts';
import type { Precedence } from '../satellite/precedence.ts';
import { eidOf } from './address.ts';

export interface Message {
  /** The sender's own: the same message again is the same bundle. */
  id: string;
  /** Id of the node. */
  to: string;
  service: string;
  payload: Uint8Array;
  precedence: Precedence;
  lifetimeMs: number;
  /**
   * Epoch milliseconds, the same whenever the message is given again: when the record was made that it comes from. With it,
   * every node can tell a late copy of the bundle from a new one by itself; without, the bundle ages on its way instead
   * (RFC 9171, section 4.4.2), and a copy that comes after its custodians have forgotten it is delivered again.
   */
  createdMs?: number;
  label?: BundleLabel;
  /** The service here that is told if it is deleted on its way. @default nobody */
  reportTo?: string;
}

/** More than any way has that leads somewhere. */
export const HOPS_MAX = 32;
/** Ten years. */
export const LIFETIME_MS_MAX = 3650 * 86_400_000;

/** Throws `InvalidInput` for what can't be sent. */
export function bundleOf(message: Message, node: string): Bundle {
  const { id, to, service, payload, precedence, lifetimeMs, createdMs, label, reportTo } = message;
  if (id === '') throw new InvalidInput('The id of the message is empty.', 'Give it one of its own.');
  checkNumber('lifetimeMs', lifetimeMs, { least: 1, most: LIFETIME_MS_MAX, isWhole: true });
  const { reportDeletion, statusTimeRequested } = BUNDLE_FLAGS;
  const sequence = sequenceOf([to, service, id]);
  let bundle = newBundle({
    source: eidOf({ node, service: '' }),
    destination: eidOf({ node: to, service }),
    creation: { dtnMs: createdMs === undefined ? 0 : dtnTime(createdMs), sequence },
    lifetimeMs,
    payload,
    ...(reportTo !== undefined && {
      reportTo: eidOf({ node, service: reportTo }),
      flags: reportDeletion | statusTimeRequested,
    }),
  });
  bundle = withBlock(bundle, HOP_COUNT, { limit: HOPS_MAX, count: 0 });
  bundle = withBlock(bundle, PRECEDENCE, precedence);
  if (createdMs === undefined) bundle = withBlock(bundle, BUNDLE_AGE, 0);
  return label === undefined ? bundle : withBlock(bundle, LABEL, label);
}

/** 53 bits of a hash: as many as a sequence number has. */
export function sequenceOf(parts: readonly string[]): number {
  const hash = sha256(utf8ToBytes(JSON.stringify(parts)));
  const view = new DataView(hash.buffer, hash.byteOffset);
  return (view.getUint32(0) & 0x1f_ffff) * 2 ** 32 + view.getUint32(4);
}
