import { type Bundle, type CanonicalBlock, payloadOf, type PrimaryBlock, withPayload } from './bundle.ts';
import { CborWriter, headBytes } from './cbor-writer.ts';
import { blockCrc, CRC_TYPES, CRC_WIDTHS, type CrcType } from './crc.ts';
import { encodeEid } from './eid.ts';
import { BundleRefused } from './refusal.ts';
import { BLOCKS_MAX, blockProblem, primaryProblem } from './structure.ts';

export const VERSION = 7;
const INDEFINITE_ARRAY = 0x9f;
const BREAK = 0xff;
const NO_BYTES = new Uint8Array(0);

/** Encoding is synchronous and doesn't call itself: one writer serves all. */
const shared = new CborWriter();

/** The bytes of a bundle (RFC 9171, section 4), deterministic. Throws `BundleRefused` for one that breaks its rules. */
export function encodeBundle(bundle: Bundle): Uint8Array {
  shared.reset();
  write(bundle);
  return shared.take();
}

/** The size of what `encodeBundle` would make, in little time whatever the payload's size. */
export function encodedBytes(bundle: Bundle): number {
  const payloadBytes = payloadOf(bundle).length;
  shared.reset();
  write(withPayload(bundle, NO_BYTES));
  return shared.length - headBytes(0) + headBytes(payloadBytes) + payloadBytes;
}

/** The primary block alone, as protected by security blocks. */
export function encodePrimary(primary: PrimaryBlock): Uint8Array {
  shared.reset();
  writePrimary(primary);
  return shared.take();
}

function write(bundle: Bundle): void {
  const { primary, blocks } = bundle;
  refuseIf(primaryProblem(primary));
  if (blocks.length === 0) refuseIf('there is no payload block');
  if (blocks.length > BLOCKS_MAX) {
    throw new BundleRefused(
      'too-large',
      `the bundle has ${blocks.length} blocks, above the limit of ${BLOCKS_MAX}`,
    );
  }
  shared.byte(INDEFINITE_ARRAY);
  writePrimary(primary);
  for (let index = 0; index < blocks.length; index++) {
    refuseIf(blockProblem(bundle, index));
    writeBlock(blocks[index]!);
  }
  shared.byte(BREAK);
}

function writePrimary(primary: PrimaryBlock): void {
  const start = shared.length;
  const crc = crcCode(primary.crc);
  const { fragment } = primary;
  shared.array(8 + (crc === 0 ? 0 : 1) + (fragment ? 2 : 0));
  shared.unsigned(VERSION, 'the version');
  shared.unsigned(primary.flags, 'the bundle processing control flags');
  shared.unsigned(crc, 'the CRC type');
  shared.raw(encodeEid(primary.destination));
  shared.raw(encodeEid(primary.source));
  shared.raw(encodeEid(primary.reportTo));
  shared.array(2);
  shared.unsigned(primary.creation.dtnMs, 'the creation time');
  shared.unsigned(primary.creation.sequence, 'the sequence number');
  shared.unsigned(primary.lifetimeMs, 'the lifetime');
  if (fragment) {
    shared.unsigned(fragment.offset, 'the fragment offset');
    shared.unsigned(fragment.totalBytes, 'the total size of the fragmented payload');
  }
  writeCrc(crc, start);
}

function writeBlock(block: CanonicalBlock): void {
  const start = shared.length;
  const crc = crcCode(block.crc);
  shared.array(crc === 0 ? 5 : 6);
  shared.unsigned(block.type, 'the block type');
  shared.unsigned(block.number, 'the block number');
  shared.unsigned(block.flags, 'the block processing control flags');
  shared.unsigned(crc, 'the CRC type');
  shared.byteString(block.data);
  writeCrc(crc, start);
}

function writeCrc(crc: number, start: number): void {
  if (crc === 0) return;
  const width = CRC_WIDTHS[crc]!;
  shared.byte(0x40 | width);
  shared.bigEndian(blockCrc(width, shared.buffer, start, shared.length), width);
}

function crcCode(crc: CrcType): number {
  const code = CRC_TYPES.indexOf(crc);
  if (code >= 0) return code;
  throw new BundleRefused('malformed', `the CRC type is "${String(crc)}"`, {
    fix: `Give ${CRC_TYPES.join(', ')}.`,
  });
}

function refuseIf(problem: string | undefined): void {
  if (problem === undefined) return;
  throw new BundleRefused('malformed', problem, { fix: 'Make the bundle as RFC 9171, section 4 demands.' });
}
