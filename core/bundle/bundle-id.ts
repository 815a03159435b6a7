import { type Bundle, type CreationTimestamp, payloadOf } from './bundle.ts';
import { canonicalEid, type Eid } from './eid.ts';

/** As a status report names a bundle. */
export interface BundleName {
  source: Eid;
  creation: CreationTimestamp;
  /** Of a fragment only. */
  fragment?: { offset: number; payloadBytes: number };
}

/**
 * What tells a bundle from all others: source, creation time and sequence number; of a fragment its offset and size too,
 * because another split of the same bundle may start at the same place (RFC 9171, section 4.2.7 and 4.3.1).
 */
export function idOfName({ source, creation, fragment }: BundleName): string {
  const id = `${canonicalEid(source)} ${creation.dtnMs} ${creation.sequence}`;
  return fragment ? `${id} ${fragment.offset} ${fragment.payloadBytes}` : id;
}

/** See `idOfName`. */
export function bundleId(bundle: Bundle): string {
  const { source, creation, fragment } = bundle.primary;
  const part = fragment && { offset: fragment.offset, payloadBytes: payloadOf(bundle).length };
  return idOfName({ source, creation, ...(part && { fragment: part }) });
}
