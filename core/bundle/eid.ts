import type { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { BundleRefused } from './refusal.ts';

/**
 * An endpoint's identifier (RFC 9171, section 4.2.5.1), as a URI: `dtn:none`, `dtn://node/service`, `ipn:node.service`,
 * `ipn:allocator.node.service` (RFC 9758). The two ipn forms are encoded with two and three elements; they name the same
 * endpoint when node = allocator * 2^32 + node (see `canonicalEid`).
 */
export type Eid = string;

export const NULL_ENDPOINT: Eid = 'dtn:none';

const EID_BYTES_MAX = 1023;
const DTN_SCHEME = 1;
const IPN_SCHEME = 2;
/** `//` reg-name `/` demux of visible characters. */
const DTN_PATH = /^\/\/[A-Za-z0-9\-._~!$&'()*+,;=%]+\/[\x21-\x7e]*$/;
const IPN_PATH = /^(0|[1-9]\d{0,19})\.(0|[1-9]\d{0,19})(?:\.(0|[1-9]\d{0,19}))?$/;
const TWO_32 = 2n ** 32n;
const TWO_64 = 2n ** 64n;

/** Nodes talk to few endpoints: their encodings are kept, up to this many. */
const KEPT_MAX = 1024;
const kept = new Map<Eid, Uint8Array>();
const scratch = new CborWriter();

/** The CBOR of an endpoint's identifier. Throws `BundleRefused` (malformed). */
export function encodeEid(eid: Eid): Uint8Array {
  const known = kept.get(eid);
  if (known) return known;
  const encoded = encodeNew(eid);
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(eid, encoded);
  return encoded;
}

function encodeNew(eid: Eid): Uint8Array {
  scratch.reset();
  scratch.array(2);
  if (eid === NULL_ENDPOINT) {
    scratch.unsigned(DTN_SCHEME, 'the scheme');
    scratch.unsigned(0, 'the path');
  } else if (typeof eid === 'string' && eid.startsWith('dtn:')) {
    const path = eid.slice('dtn:'.length);
    if (!isDtnPath(path)) throw notAnEid(eid);
    scratch.unsigned(DTN_SCHEME, 'the scheme');
    scratch.text(path);
  } else {
    const numbers = ipnNumbers(eid);
    scratch.unsigned(IPN_SCHEME, 'the scheme');
    scratch.array(numbers.length);
    for (const number of numbers) scratch.unsignedBig(number);
  }
  return scratch.take();
}

/** Reads one; throws `BundleRefused`. */
export function readEid(reader: CborReader, what: string): Eid {
  const at = reader.offset;
  reader.arrayOf(2, what);
  const scheme = reader.unsigned(what);
  if (scheme === IPN_SCHEME) return readIpn(reader, what, at);
  if (scheme !== DTN_SCHEME) {
    throw reader.refuse(
      `${what} is of the URI scheme ${scheme}, neither dtn (1) nor ipn (2)`,
      at,
      'unsupported',
    );
  }
  if (reader.peekMajor(what) === 0) {
    const number = reader.unsigned(what);
    if (number === 0) return NULL_ENDPOINT;
    throw reader.refuse(`${what} has the dtn path ${number}, neither text nor 0`, at);
  }
  const path = reader.text(what, EID_BYTES_MAX);
  if (!isDtnPath(path))
    throw reader.refuse(`${what} is "dtn:${shortened(path)}", not dtn://node/service`, at);
  return `dtn:${path}`;
}

function readIpn(reader: CborReader, what: string, at: number): Eid {
  const elements = reader.array(what);
  if (elements === 2) return `ipn:${reader.decimal(what)}.${reader.decimal(what)}`;
  if (elements !== 3) throw reader.refuse(`${what} has ${elements} ipn elements, neither 2 nor 3`, at);
  const [allocator, node] = [reader.decimal(what), reader.decimal(what)];
  if (BigInt(allocator) >= TWO_32 || BigInt(node) >= TWO_32) {
    throw reader.refuse(`${what} has an ipn allocator or node above 2^32 - 1`, at);
  }
  return `ipn:${allocator}.${node}.${reader.decimal(what)}`;
}

/** Checks text from outside, such as a form or a file. Throws `BundleRefused` (malformed). */
export function checkedEid(text: string): Eid {
  encodeEid(text);
  return text;
}

/** One spelling for one endpoint: ipn with three numbers as ipn with two, and `ipn:0.0` as `dtn:none`. */
export function canonicalEid(eid: Eid): Eid {
  const dot = eid.indexOf('.');
  const isPlain = eid !== 'ipn:0.0' && eid.indexOf('.', dot + 1) === -1;
  if (isPlain || !eid.startsWith('ipn:')) return eid;
  const numbers = ipnNumbers(eid);
  const service = numbers.at(-1)!;
  const node = numbers.length === 3 ? numbers[0]! * TWO_32 + numbers[1]! : numbers[0]!;
  return node === 0n && service === 0n ? NULL_ENDPOINT : `ipn:${node}.${service}`;
}

export const isNullEndpoint = (eid: Eid): boolean =>
  eid === NULL_ENDPOINT || (eid.startsWith('ipn:0.0') && canonicalEid(eid) === NULL_ENDPOINT);

const isDtnPath = (path: string): boolean => path.length <= EID_BYTES_MAX && DTN_PATH.test(path);

function ipnNumbers(eid: Eid): bigint[] {
  const match =
    typeof eid === 'string' && eid.startsWith('ipn:') ? IPN_PATH.exec(eid.slice('ipn:'.length)) : null;
  if (match === null) throw notAnEid(eid);
  const numbers = match.slice(1).flatMap((digits) => (digits === undefined ? [] : [BigInt(digits)]));
  const limits = numbers.length === 3 ? [TWO_32, TWO_32, TWO_64] : [TWO_64, TWO_64];
  if (numbers.some((number, place) => number >= limits[place]!)) throw notAnEid(eid);
  return numbers;
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

const notAnEid = (eid: unknown): BundleRefused =>
  new BundleRefused('malformed', `"${shortened(String(eid))}" is no endpoint identifier`, {
    fix: 'Write dtn:none, dtn://node/service, ipn:node.service or ipn:allocator.node.service.',
  });
