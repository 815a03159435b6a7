/** Whether tshark reads from bundles what was written into them. */
import {
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  hasFlag,
} from '../../core/bundle/bundle.ts';
import { CRC_TYPES } from '../../core/bundle/crc.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import { BUNDLE_AGE, blockValue, HOP_COUNT, PREVIOUS_NODE } from '../../core/bundle/known-blocks.ts';
import { decodeSecurityData, isSecurityBlock } from '../../core/bundle/security/abstract-block.ts';
import { type StatusReport, statusReportIn } from '../../core/bundle/status-report.ts';
import { dissect } from './tshark.ts';

/** `PI_WARN` of Wireshark's expert information; 2^23 is `PI_ERROR`. */
const SEVERITY_WARN = 0x60_0000;
const CRC_IS_GOOD = '1';

/**
 * What tshark says that is nothing against a bundle: that it doesn't know private block types and users' payloads, and,
 * because it looks for a report's length in another array, that it leaves two numbers of reports about fragments unread.
 */
const UNKNOWN_TYPE = 'Unknown type code';
const LEFT_UNREAD = 'Data not fully dissected';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const flags = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;

/** The values that tshark shows, by its name of the field. */
function expected(bundle: Bundle) {
  const { primary, blocks } = bundle;
  const report = hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrative) ? statusReportIn(bundle) : undefined;
  const hops = blockValue(bundle, HOP_COUNT);
  return {
    'bpv7.primary.dst_uri': [primary.destination],
    'bpv7.primary.src_uri': [primary.source],
    'bpv7.primary.report_uri': [primary.reportTo],
    'bpv7.primary.bundle_flags': [flags(primary.flags)],
    'bpv7.primary.lifetime': [String(primary.lifetimeMs)],
    'bpv7.primary.frag_offset': list(primary.fragment?.offset),
    'bpv7.primary.total_len': list(primary.fragment?.totalBytes),
    'bpv7.crc_type': [primary, ...blocks].map(({ crc }) => String(CRC_TYPES.indexOf(crc))),
    'bpv7.crc_status': [primary, ...blocks].flatMap(({ crc }) => (crc === 'none' ? [] : [CRC_IS_GOOD])),
    'bpv7.canonical.type_code': blocks.map(({ type }) => String(type)),
    'bpv7.canonical.block_num': blocks.map(({ number }) => String(number)),
    'bpv7.canonical.block_flags': blocks.map((block) => flags(block.flags)),
    'bpv7.canonical.data': blocks.map(({ data }) => String(data.length)),
    'bpv7.hop_count.limit': list(hops?.limit),
    'bpv7.hop_count.current': list(hops?.count),
    'bpv7.bundle_age.time': list(blockValue(bundle, BUNDLE_AGE)),
    'bpv7.previous_node.uri': list(blockValue(bundle, PREVIOUS_NODE)),
    ...expectedReport(primary.creation, report),
    ...expectedSecurity(blocks.filter(isSecurityBlock)),
  };
}

function expectedReport(own: StatusReport['creation'], report: StatusReport | undefined) {
  const times = Object.values(report?.statuses ?? {}).flatMap(({ dtnMs }) => list(dtnMs));
  return {
    'bpv7.time.dtntime': [String(own.dtnMs), ...times, ...list(report?.creation.dtnMs)],
    'bpv7.create_ts.seqno': [String(own.sequence), ...list(report?.creation.sequence)],
    'bpv7.status_rep.reason_code': list(report?.reason),
    'bpv7.status_rep.subj_src_uri': list(report?.source),
  };
}

function expectedSecurity(blocks: readonly CanonicalBlock[]) {
  const data = blocks.map((block) => ({ type: block.type, ...decodeSecurityData(block) }));
  const of = (type: number) => data.filter((block) => block.type === type);
  const values = (from: typeof data, id: number) =>
    from.flatMap(({ parameters }) => parameters.flatMap(([key, value]) => (key === id ? [value] : [])));
  const results = (from: typeof data) =>
    from.flatMap((block) => block.results.flat().map(([, value]) => shown(value)));
  const [integrity, confidentiality] = [of(BLOCK_TYPES.integrity), of(BLOCK_TYPES.confidentiality)];
  const scopes = [...values(integrity, 3), ...values(confidentiality, 4)];
  return {
    'bpsec.asb.target': data.flatMap(({ targets }) => targets.map(String)),
    'bpsec.asb.ctxid': data.map(({ context }) => String(context)),
    'bpsec.asb.secsrc.uri': data.map(({ source }) => source),
    'bpsec.defaultsc.shavar': values(integrity, 1).map(shown),
    'bpsec.defaultsc.scope': scopes.map((scope) => flags(Number(scope))),
    'bpsec.defaultsc.hmac': results(integrity),
    'bpsec.defaultsc.iv': values(confidentiality, 1).map(shown),
    'bpsec.defaultsc.aesvar': values(confidentiality, 2).map(shown),
    'bpsec.defaultsc.wrappedkey': [...values(integrity, 2), ...values(confidentiality, 3)].map(shown),
    'bpsec.defaultsc.authtag': results(confidentiality),
  };
}

const shown = (value: number | Uint8Array): string =>
  typeof value === 'number' ? String(value) : hex(value);
const list = (value: number | string | undefined): string[] => (value === undefined ? [] : [String(value)]);

export interface Dissection {
  bundles: number;
  malformed: number;
  /** Values compared. */
  values: number;
  /** What differs from what was written, and what tshark warns of; the first few. */
  findings: string[];
}

const FINDINGS_MAX = 20;
const EXPERT = ['_ws.malformed', '_ws.expert.message', '_ws.expert.severity'] as const;

/** Has tshark read the bundles, and compares every field. */
export function compareWithTshark(bundles: readonly Bundle[]): Dissection {
  const wanted = bundles.map(expected);
  type Field = keyof (typeof wanted)[number];
  const fields = Object.keys(wanted[0]!) as Field[];
  const seen = dissect(bundles.map(encodeBundle), [...EXPERT, ...fields]);
  const result: Dissection = { bundles: seen.length, malformed: 0, values: 0, findings: [] };
  const find = (finding: string) => {
    if (result.findings.length < FINDINGS_MAX) result.findings.push(finding);
  };
  if (seen.length !== bundles.length) find(`${bundles.length} bundles were written, ${seen.length} read`);
  for (const [place, values] of seen.entries()) {
    if (values['_ws.malformed'].length > 0) result.malformed++;
    for (const warning of warningsOf(bundles[place]!, values)) find(`bundle ${place}: ${warning}`);
    for (const field of fields) {
      const [came, meant] = [values[field], wanted[place]![field]];
      result.values += meant.length;
      const [read, written] = [came.join('|'), meant.join('|')];
      if (read !== written) find(`bundle ${place}: ${field} is ${read}, not ${written}`);
    }
  }
  return result;
}

function warningsOf(bundle: Bundle, values: Record<(typeof EXPERT)[number], string[]>): string[] {
  const isAdministrative = hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isAdministrative);
  const isOfFragment = isAdministrative && statusReportIn(bundle).fragment !== undefined;
  return values['_ws.expert.message'].filter((message, place) => {
    if (Number(values['_ws.expert.severity'][place]) < SEVERITY_WARN || message === UNKNOWN_TYPE)
      return false;
    return !(isOfFragment && message === LEFT_UNREAD);
  });
}
