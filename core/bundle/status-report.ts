import {
  type Bundle,
  BUNDLE_FLAGS,
  type CreationTimestamp,
  hasFlag,
  newBundle,
  payloadOf,
} from './bundle.ts';
import { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { type Eid, encodeEid, isNullEndpoint, readEid } from './eid.ts';
import { BundleRefused } from './refusal.ts';

/** What a status report tells, in the order in which it is encoded (RFC 9171, section 6.1.1). */
export const STATUSES = ['received', 'forwarded', 'delivered', 'deleted'] as const;
export type Status = (typeof STATUSES)[number];

/** Reason codes of RFC 9171, section 6.1.1 and RFC 9172, section 8.3. */
export const STATUS_REASONS = {
  none: 0,
  lifetimeExpired: 1,
  forwardedOverUnidirectionalLink: 2,
  transmissionCancelled: 3,
  depletedStorage: 4,
  destinationUnavailable: 5,
  noKnownRoute: 6,
  noTimelyContact: 7,
  blockUnintelligible: 8,
  hopLimitExceeded: 9,
  trafficPared: 10,
  blockUnsupported: 11,
  missingSecurityOperation: 12,
  unknownSecurityOperation: 13,
  unexpectedSecurityOperation: 14,
  failedSecurityOperation: 15,
  conflictingSecurityOperation: 16,
} as const;

export interface StatusReport {
  /** What happened, each with the DTN time of it where the bundle asked for times. */
  statuses: Partial<Record<Status, { dtnMs?: number }>>;
  reason: number;
  /** Of the bundle that it is about, as are the rest. */
  source: Eid;
  creation: CreationTimestamp;
  /** Of a fragment only. */
  fragment?: { offset: number; payloadBytes: number };
}

const RECORD_TYPE = 1;
const FALSE = 0xf4;
const TRUE = 0xf5;

/** The payload of an administrative bundle. */
export function encodeStatusReport(report: StatusReport): Uint8Array {
  const writer = new CborWriter();
  writer.array(2);
  writer.unsigned(RECORD_TYPE, 'the record type');
  writer.array(report.fragment ? 6 : 4);
  writer.array(STATUSES.length);
  for (const status of STATUSES) {
    const asserted = report.statuses[status];
    writer.array(asserted?.dtnMs === undefined ? 1 : 2);
    writer.byte(asserted ? TRUE : FALSE);
    if (asserted?.dtnMs !== undefined) writer.unsigned(asserted.dtnMs, `the time of ${status}`);
  }
  writer.unsigned(report.reason, 'the reason');
  writer.raw(encodeEid(report.source));
  writer.array(2);
  writer.unsigned(report.creation.dtnMs, 'the creation time');
  writer.unsigned(report.creation.sequence, 'the sequence number');
  if (report.fragment) {
    writer.unsigned(report.fragment.offset, 'the fragment offset');
    writer.unsigned(report.fragment.payloadBytes, 'the payload size');
  }
  return writer.take();
}

/** Reads the payload of an administrative bundle. Throws `BundleRefused`: malformed, unsupported (another record). */
export function decodeStatusReport(payload: Uint8Array): StatusReport {
  const reader = new CborReader(payload);
  reader.arrayOf(2, 'the administrative record');
  const at = reader.offset;
  const type = reader.unsigned('the record type');
  if (type !== RECORD_TYPE) {
    throw reader.refuse(`the record is of type ${type}, not 1 (bundle status report)`, at, 'unsupported');
  }
  const start = reader.offset;
  const elements = reader.array('the status report');
  if (elements !== 4 && elements !== 6) {
    throw reader.refuse(`the status report has ${elements} elements, neither 4 nor 6`, start);
  }
  const statuses = readStatuses(reader);
  const reason = reader.unsigned('the reason');
  const source = readEid(reader, 'the source of the bundle');
  reader.arrayOf(2, 'the creation timestamp');
  const creation = {
    dtnMs: reader.unsigned('the creation time'),
    sequence: reader.unsigned('the sequence number'),
  };
  const report: StatusReport = { statuses, reason, source, creation };
  if (elements === 6) {
    const offset = reader.unsigned('the fragment offset');
    report.fragment = { offset, payloadBytes: reader.unsigned('the payload size') };
  }
  reader.end('the administrative record');
  return report;
}

function readStatuses(reader: CborReader): StatusReport['statuses'] {
  const statuses: StatusReport['statuses'] = {};
  reader.arrayOf(STATUSES.length, 'the statuses');
  for (const status of STATUSES) {
    const at = reader.offset;
    const elements = reader.array(`the status ${status}`);
    const isAsserted = reader.boolean(`the status ${status}`);
    if (elements !== 1 && !(isAsserted && elements === 2)) {
      throw reader.refuse(`the status ${status} has ${elements} elements`, at);
    }
    if (isAsserted)
      statuses[status] = elements === 2 ? { dtnMs: reader.unsigned(`the time of ${status}`) } : {};
  }
  return statuses;
}

const REQUESTS: Record<Status, number> = {
  received: BUNDLE_FLAGS.reportReception,
  forwarded: BUNDLE_FLAGS.reportForwarding,
  delivered: BUNDLE_FLAGS.reportDelivery,
  deleted: BUNDLE_FLAGS.reportDeletion,
};

export interface Happened {
  status: Status;
  /** DTN time. */
  dtnMs: number;
  /** One of `STATUS_REASONS`. */
  reason: number;
  /** The node that reports. */
  node: Eid;
  /** Of the report itself. */
  creation: CreationTimestamp;
  lifetimeMs: number;
}

/** The status report that a bundle asked for, as a bundle; undefined when it didn't ask, or may not. */
export function reportOn(bundle: Bundle, happened: Happened): Bundle | undefined {
  const { flags, reportTo, source, creation, fragment } = bundle.primary;
  const isAsked = hasFlag(flags, REQUESTS[happened.status]) && !hasFlag(flags, BUNDLE_FLAGS.isAdministrative);
  if (!isAsked || isNullEndpoint(reportTo)) return undefined;
  const time = hasFlag(flags, BUNDLE_FLAGS.statusTimeRequested) ? { dtnMs: happened.dtnMs } : {};
  const report: StatusReport = {
    statuses: { [happened.status]: time },
    reason: happened.reason,
    source,
    creation,
    ...(fragment && { fragment: { offset: fragment.offset, payloadBytes: payloadOf(bundle).length } }),
  };
  return newBundle({
    source: happened.node,
    destination: reportTo,
    creation: happened.creation,
    lifetimeMs: happened.lifetimeMs,
    flags: BUNDLE_FLAGS.isAdministrative,
    payload: encodeStatusReport(report),
  });
}

/** The status report in a bundle. Throws `BundleRefused` (malformed) when it is no administrative record. */
export function statusReportIn(bundle: Bundle): StatusReport {
  if (hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isAdministrative))
    return decodeStatusReport(payloadOf(bundle));
  throw new BundleRefused('malformed', 'The bundle is no administrative record');
}
