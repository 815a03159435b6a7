import { type ErrorKind, HoldfastError } from '../errors.ts';

/**
 * Why a bundle is refused.
 * `malformed`: not RFC 9171, or not deterministic CBOR. `unsupported`: well formed, but beyond what is handled here.
 * `too-large`: above a limit. `corrupt`: a CRC does not match. `tampered`: an integrity or authentication check failed.
 * `unprotected`: a demanded protection is missing. `no-key`: no key for it. `expired`, `from-the-future`, `looping`:
 * refused on arrival. `flooding`: the sender has more under way than it may.
 */
export type RefusalReason = keyof typeof FIXES;

const FIXES = {
  malformed: 'Send a bundle as in RFC 9171, in deterministic CBOR (RFC 8949, section 4.2.1).',
  unsupported: 'Send it in a form that this node handles.',
  'too-large': 'Send less at once, or raise the limit.',
  corrupt: 'Send it again: it was damaged on its way.',
  tampered:
    'Check that both ends hold the same key and that nothing between them changes the protected blocks.',
  unprotected: 'Have the sender protect it with the security block that is demanded.',
  'no-key': 'Give this node the key of that security source.',
  expired: 'Give bundles a longer lifetime, or find a faster route.',
  'from-the-future': "Set the sender's clock, or allow a larger clock skew.",
  looping: 'Look for a loop among the routes, or give bundles a higher hop limit.',
  flooding: 'Let the sender slow down until its earlier bundles are delivered or expired.',
} as const;

const KINDS: Partial<Record<RefusalReason, ErrorKind>> = {
  'too-large': 'too-large',
  tampered: 'forbidden',
  unprotected: 'forbidden',
  'no-key': 'forbidden',
  flooding: 'limited',
};

/** A bundle, or a part of one, that is not taken, made or sent. The one error of `core/bundle`. */
export class BundleRefused extends HoldfastError {
  override readonly name = 'BundleRefused';
  override readonly kind: ErrorKind;
  readonly reason: RefusalReason;
  /** Where in the encoded bytes; undefined when it is about no place in them. */
  readonly offset: number | undefined;

  constructor(reason: RefusalReason, message: string, options: { offset?: number; fix?: string } = {}) {
    super(
      options.offset === undefined ? message : `${message} (at byte ${options.offset})`,
      options.fix ?? FIXES[reason],
    );
    this.reason = reason;
    this.kind = KINDS[reason] ?? 'invalid';
    this.offset = options.offset;
  }
}
