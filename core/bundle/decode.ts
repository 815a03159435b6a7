import type { Bundle, CanonicalBlock, PrimaryBlock } from './bundle.ts';
import { BUNDLE_FLAGS, hasFlag } from './bundle.ts';
import { CborReader } from './cbor-reader.ts';
import { blockCrc, CRC_TYPES, CRC_WIDTHS } from './crc.ts';
import { readEid } from './eid.ts';
import { VERSION } from './encode.ts';
import { BundleRefused } from './refusal.ts';
import { BLOCKS_MAX, blockProblem, primaryProblem } from './structure.ts';

/** 64 MiB. */
export const BUNDLE_BYTES_MAX = 1 << 26;

export interface DecodeOptions {
  /** `BUNDLE_BYTES_MAX` unless given. */
  bundleBytesMax?: number;
}

/**
 * Reads a bundle. What it takes, `encodeBundle` encodes to the same bytes: only deterministic CBOR in an
 * indefinite-length array, correct CRCs, the rules of RFC 9171. The data of blocks are views of `bytes`.
 * What extension blocks hold is looked into only by `blockValue` and the security functions.
 * Throws `BundleRefused` (malformed, unsupported, too-large, corrupt) with the offset.
 */
export function decodeBundle(bytes: Uint8Array, options: DecodeOptions = {}): Bundle {
  const { bundleBytesMax = BUNDLE_BYTES_MAX } = options;
  if (bytes.length > bundleBytesMax) {
    throw new BundleRefused(
      'too-large',
      `The bundle has ${bytes.length} bytes, above the limit of ${bundleBytesMax}`,
    );
  }
  const reader = new CborReader(bytes);
  reader.startIndefiniteArray('the bundle');
  const primary = readPrimary(reader);
  const blocks: CanonicalBlock[] = [];
  const starts: number[] = [];
  while (!reader.tryBreak('a block')) {
    if (blocks.length === BLOCKS_MAX) {
      throw reader.refuse(`the bundle has more than ${BLOCKS_MAX} blocks`, reader.offset, 'too-large');
    }
    starts.push(reader.offset);
    blocks.push(readBlock(reader, bytes.length));
  }
  reader.end('the bundle');
  if (blocks.length === 0) throw reader.refuse('there is no payload block');
  const bundle: Bundle = { primary, blocks };
  for (let index = 0; index < blocks.length; index++) {
    refuseAt(reader, starts[index]!, blockProblem(bundle, index));
  }
  return bundle;
}

function readPrimary(reader: CborReader): PrimaryBlock {
  const start = reader.offset;
  const elements = reader.array('the primary block');
  const version = reader.unsigned('the version');
  if (version !== VERSION)
    throw reader.refuse(`the bundle is of version ${version}, not 7`, start, 'unsupported');
  const flags = reader.unsigned('the bundle processing control flags');
  const crc = readCrcType(reader);
  const isFragment = hasFlag(flags, BUNDLE_FLAGS.isFragment);
  const expected = 8 + (crc === 0 ? 0 : 1) + (isFragment ? 2 : 0);
  if (elements !== expected) {
    throw reader.refuse(
      `the primary block has ${elements} elements where its flags and CRC make ${expected}`,
      start,
    );
  }
  const destination = readEid(reader, 'the destination');
  const source = readEid(reader, 'the source');
  const reportTo = readEid(reader, 'the report-to endpoint');
  reader.arrayOf(2, 'the creation timestamp');
  const creation = {
    dtnMs: reader.unsigned('the creation time'),
    sequence: reader.unsigned('the sequence number'),
  };
  const lifetimeMs = reader.unsigned('the lifetime');
  const primary: PrimaryBlock = {
    flags,
    crc: CRC_TYPES[crc]!,
    destination,
    source,
    reportTo,
    creation,
    lifetimeMs,
  };
  if (isFragment) {
    const offset = reader.unsigned('the fragment offset');
    primary.fragment = { offset, totalBytes: reader.unsigned('the total size of the fragmented payload') };
  }
  checkCrc(reader, crc, start, 'the primary block');
  refuseAt(reader, start, primaryProblem(primary));
  return primary;
}

function readBlock(reader: CborReader, dataBytesMax: number): CanonicalBlock {
  const start = reader.offset;
  const elements = reader.array('a block');
  const type = reader.unsigned('the block type');
  const number = reader.unsigned('the block number');
  const flags = reader.unsigned('the block processing control flags');
  const crc = readCrcType(reader);
  const expected = crc === 0 ? 5 : 6;
  if (elements !== expected) {
    throw reader.refuse(
      `block ${number} has ${elements} elements where its CRC type makes ${expected}`,
      start,
    );
  }
  const data = reader.byteString('the data of a block', dataBytesMax);
  checkCrc(reader, crc, start, 'a block');
  return { type, number, flags, crc: CRC_TYPES[crc]!, data };
}

function readCrcType(reader: CborReader): number {
  const at = reader.offset;
  const crc = reader.unsigned('the CRC type');
  if (crc < CRC_TYPES.length) return crc;
  throw reader.refuse(`the CRC type is ${crc}, none of 0, 1 and 2`, at, 'unsupported');
}

function checkCrc(reader: CborReader, crc: number, start: number, what: string): void {
  if (crc === 0) return;
  const width = CRC_WIDTHS[crc]!;
  const at = reader.offset;
  const value = reader.byteString('the CRC', width);
  if (value.length !== width) throw reader.refuse(`the CRC has ${value.length} bytes, not ${width}`, at);
  const computed = blockCrc(width, reader.bytes, start, at + 1);
  let came = 0;
  for (const byte of value) came = came * 256 + byte;
  if (came !== computed) throw reader.refuse(`the CRC of ${what} does not match its bytes`, at, 'corrupt');
}

function refuseAt(reader: CborReader, offset: number, problem: string | undefined): void {
  if (problem !== undefined) throw reader.refuse(problem, offset);
}
