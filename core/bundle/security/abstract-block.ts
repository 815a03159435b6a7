import { BLOCK_TYPES, type Bundle, type CanonicalBlock } from '../bundle.ts';
import { CborReader } from '../cbor-reader.ts';
import { CborWriter } from '../cbor-writer.ts';
import { type Eid, encodeEid, readEid } from '../eid.ts';
import { BundleRefused } from '../refusal.ts';

/** Contexts of RFC 9173. */
export const CONTEXTS = { bibHmacSha2: 1, bcbAesGcm: 2 } as const;

/** What a security block counts besides the data of its target: the scope flags of RFC 9173, sections 3.3.3 and 4.3.4. */
export const SCOPE = { primaryBlock: 1, targetHeader: 2, securityHeader: 4 } as const;
export const SCOPE_ALL = SCOPE.primaryBlock | SCOPE.targetHeader | SCOPE.securityHeader;

/** A parameter or result: its id in the context, and its value. */
export type IdValue = readonly [id: number, value: number | Uint8Array];

/** The data of a security block: the abstract security block of RFC 9172, section 3.6. */
export interface SecurityData {
  /** Numbers of the blocks that it protects. */
  targets: readonly number[];
  context: number;
  source: Eid;
  parameters: readonly IdValue[];
  /** One list a target, in their order. */
  results: readonly (readonly IdValue[])[];
}

const HAS_PARAMETERS = 1;
const TARGETS_MAX = 64;
const VALUES_MAX = 16;
const VALUE_BYTES_MAX = 1024;

export const isSecurityBlock = ({ type }: CanonicalBlock): boolean =>
  type === BLOCK_TYPES.integrity || type === BLOCK_TYPES.confidentiality;

export function encodeSecurityData(data: SecurityData): Uint8Array {
  const writer = new CborWriter();
  writer.array(data.targets.length);
  for (const target of data.targets) writer.unsigned(target, 'a security target');
  writer.unsigned(data.context, 'the security context');
  const hasParameters = data.parameters.length > 0;
  writer.unsigned(hasParameters ? HAS_PARAMETERS : 0, 'the security context flags');
  writer.raw(encodeEid(data.source));
  if (hasParameters) writeValues(writer, data.parameters);
  writer.array(data.results.length);
  for (const results of data.results) writeValues(writer, results);
  return writer.take();
}

function writeValues(writer: CborWriter, values: readonly IdValue[]): void {
  writer.array(values.length);
  for (const [id, value] of values) {
    writer.array(2);
    writer.unsigned(id, 'an id');
    if (typeof value === 'number') writer.unsigned(value, `the value of ${id}`);
    else writer.byteString(value);
  }
}

/** Throws `BundleRefused`; offsets are into the block's data. Only the contexts of RFC 9173 are known beyond the targets. */
export function decodeSecurityData(block: CanonicalBlock): SecurityData {
  const reader = new CborReader(block.data);
  const targets = readTargets(reader);
  const at = reader.offset;
  const context = reader.unsigned('the security context');
  const known = block.type === BLOCK_TYPES.integrity ? CONTEXTS.bibHmacSha2 : CONTEXTS.bcbAesGcm;
  if (context !== known) {
    throw reader.refuse(
      `block ${block.number} has the security context ${context}, not ${known}`,
      at,
      'unsupported',
    );
  }
  const flags = reader.unsigned('the security context flags');
  if (flags > HAS_PARAMETERS)
    throw reader.refuse(`the security context flags are ${flags}, neither 0 nor 1`, at);
  const source = readEid(reader, 'the security source');
  const parameters = flags === HAS_PARAMETERS ? readValues(reader, 'the parameters') : [];
  if (flags === HAS_PARAMETERS && parameters.length === 0)
    throw reader.refuse('the parameters are empty', at);
  reader.arrayOf(targets.length, 'the security results');
  const results = targets.map(() => readValues(reader, 'the results of a target'));
  reader.end('the security block');
  return { targets, context, source, parameters, results };
}

function readTargets(reader: CborReader): number[] {
  const count = reader.array('the security targets');
  if (count === 0) throw reader.refuse('there are no security targets', 0);
  if (count > TARGETS_MAX) throw reader.refuse(`there are ${count} security targets`, 0, 'too-large');
  const targets = Array.from({ length: count }, () => reader.unsigned('a security target'));
  if (new Set(targets).size < count) throw reader.refuse('a security target is given twice', 0);
  return targets;
}

function readValues(reader: CborReader, what: string): IdValue[] {
  const start = reader.offset;
  const count = reader.array(what);
  if (count > VALUES_MAX)
    throw reader.refuse(`${what} are ${count}, above ${VALUES_MAX}`, start, 'too-large');
  const values = Array.from({ length: count }, (): IdValue => {
    reader.arrayOf(2, `one of ${what}`);
    const id = reader.unsigned(`the id of one of ${what}`);
    const isNumber = reader.peekMajor(what) === 0;
    return [id, isNumber ? reader.unsigned(what) : reader.byteString(what, VALUE_BYTES_MAX)];
  });
  if (new Set(values.map(([id]) => id)).size < count) throw reader.refuse(`${what} have an id twice`, start);
  return values;
}

/** A parameter of a context, if it is there. Throws `BundleRefused` (malformed) when its value is of the other type. */
export function parameter(data: SecurityData, id: number, type: 'number'): number | undefined;
export function parameter(data: SecurityData, id: number, type: 'bytes'): Uint8Array | undefined;
export function parameter(data: SecurityData, id: number, type: 'number' | 'bytes') {
  const value = data.parameters.find((parameter) => parameter[0] === id)?.[1];
  if (value === undefined || (typeof value === 'number') === (type === 'number')) return value;
  throw new BundleRefused(
    'malformed',
    `The security parameter ${id} is no ${type === 'number' ? 'integer' : 'byte string'}`,
  );
}

/** Throws `BundleRefused` (unsupported) when there is a parameter or result that the context doesn't have. */
export function refuseOtherIds(
  data: SecurityData,
  parameterIds: readonly number[],
  resultIds: readonly number[],
): void {
  const other =
    data.parameters.find(([id]) => !parameterIds.includes(id)) ??
    data.results.flat().find(([id]) => !resultIds.includes(id));
  if (other === undefined) return;
  throw new BundleRefused(
    'unsupported',
    `The security context ${data.context} has no parameter or result ${other[0]}`,
  );
}

const NONE: ReadonlySet<number> = new Set();

/** Numbers of the blocks whose data a confidentiality block says it has encrypted. Throws `BundleRefused`. */
export function encryptedNumbers(bundle: Bundle): ReadonlySet<number> {
  if (!bundle.blocks.some(({ type }) => type === BLOCK_TYPES.confidentiality)) return NONE;
  const numbers = bundle.blocks
    .filter(({ type }) => type === BLOCK_TYPES.confidentiality)
    // Targets come first, whatever the context: blocks of contexts that are unknown here count too.
    .flatMap((block) => readTargets(new CborReader(block.data)));
  return new Set(numbers);
}

/** The bundle with a security block after those it has, before all others. */
export function withSecurityBlock(bundle: Bundle, block: CanonicalBlock): Bundle {
  const found = bundle.blocks.findIndex((other) => !isSecurityBlock(other));
  const place = found === -1 ? bundle.blocks.length : found;
  return { ...bundle, blocks: bundle.blocks.toSpliced(place, 0, block) };
}

/** Throws `BundleRefused` (malformed) when there is none. */
export function targetBlock(bundle: Bundle, number: number): CanonicalBlock {
  const block = bundle.blocks.find((other) => other.number === number);
  if (block) return block;
  throw new BundleRefused('malformed', `The bundle has no block ${number} for a security block to protect`);
}

/** RFC 9172, section 5.2: fragments are neither protected nor checked. */
export function refuseFragment({ primary }: Bundle): void {
  if (primary.fragment === undefined) return;
  throw new BundleRefused('unsupported', 'Security blocks of fragments are neither added nor looked at', {
    fix: 'Reassemble the bundle first; protect bundles before they are fragmented.',
  });
}
