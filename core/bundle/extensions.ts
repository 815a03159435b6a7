import { PRECEDENCES, type Precedence } from '../satellite/precedence.ts';
import type { CborWriter } from './cbor-writer.ts';
import { type Eid, encodeEid, readEid } from './eid.ts';
import type { BlockKind } from './known-blocks.ts';
import { BundleRefused } from './refusal.ts';

/**
 * Holdfast's own extension blocks, in the range that IANA's registry of bundle block types leaves to private and
 * experimental use (192 to 255). `docs/bundles.md` gives their CDDL.
 */
export const EXTENSION_TYPES = { precedence: 192, label: 193, custody: 194, compression: 195 } as const;

/** How urgent it is: the place in `PRECEDENCES`, 0 for flash-override. */
export const PRECEDENCE: BlockKind<Precedence> = {
  type: EXTENSION_TYPES.precedence,
  name: 'precedence',
  write: (writer, precedence) =>
    writer.unsigned(PRECEDENCES.indexOf(precedence), `the precedence ${precedence}`),
  read(reader) {
    const rank = reader.unsigned('the precedence');
    const precedence = PRECEDENCES[rank];
    if (precedence) return precedence;
    throw reader.refuse(`the precedence is ${rank}, above ${PRECEDENCES.length - 1}`, 0, 'unsupported');
  },
};

/** Who may see it. Names are compared as they are; both lists are sorted by code unit and free of duplicates. */
export interface BundleLabel {
  /** The classification's rank, 0 to 255: the higher, the more it is restricted. */
  level: number;
  compartments: readonly string[];
  /** Whom it may be released to; empty for nobody beyond the originator's own. */
  releasability: readonly string[];
}

const NAMES_MAX = 64;
const NAME_BYTES_MAX = 128;

export const LABEL: BlockKind<BundleLabel> = {
  type: EXTENSION_TYPES.label,
  name: 'label',
  write(writer, { level, compartments, releasability }) {
    if (!isLevel(level))
      throw new BundleRefused('malformed', `the label's level is ${level}, not from 0 to 255`);
    writer.array(3);
    writer.unsigned(level, 'the level');
    writeNames(writer, compartments, 'compartments');
    writeNames(writer, releasability, 'releasability');
  },
  read(reader) {
    reader.arrayOf(3, 'the label block');
    const at = reader.offset;
    const level = reader.unsigned('the level');
    if (!isLevel(level)) throw reader.refuse(`the label's level is ${level}, not from 0 to 255`, at);
    const names = (what: string): string[] => {
      const start = reader.offset;
      const count = reader.array(what);
      if (count > NAMES_MAX)
        throw reader.refuse(`${what} has ${count} names, above ${NAMES_MAX}`, start, 'too-large');
      const read = Array.from({ length: count }, () => reader.text(what, NAME_BYTES_MAX));
      if (!isAscending(read))
        throw reader.refuse(`${what} is not in ascending order without duplicates`, start);
      return read;
    };
    return { level, compartments: names('compartments'), releasability: names('releasability') };
  },
};

function writeNames(writer: CborWriter, names: readonly string[], what: string): void {
  const encoder = new TextEncoder();
  if (names.length > NAMES_MAX) {
    throw new BundleRefused('too-large', `the label's ${what} has ${names.length} names, above ${NAMES_MAX}`);
  }
  if (!isAscending(names)) {
    throw new BundleRefused('malformed', `the label's ${what} is not in ascending order without duplicates`);
  }
  writer.array(names.length);
  for (const name of names) {
    if (!name.isWellFormed() || encoder.encode(name).length > NAME_BYTES_MAX) {
      throw new BundleRefused(
        'malformed',
        `the label's ${what} has a name that is not UTF-8 of ${NAME_BYTES_MAX} bytes`,
      );
    }
    writer.text(name);
  }
}

const isLevel = (level: number): boolean => Number.isInteger(level) && level >= 0 && level <= 255;

const isAscending = (names: readonly string[]): boolean =>
  names.every((name, place) => place === 0 || names[place - 1]! < name);

/** Who answers for the bundle until the next custodian acknowledges it. */
export interface Custody {
  /** Where the acknowledgement goes. */
  custodian: Eid;
  /** The custodian's own number of this transfer, which the acknowledgement repeats. */
  transfer: number;
}

export const CUSTODY: BlockKind<Custody> = {
  type: EXTENSION_TYPES.custody,
  name: 'custody',
  write(writer, { custodian, transfer }) {
    writer.array(2);
    writer.raw(encodeEid(custodian));
    writer.unsigned(transfer, 'the custody transfer');
  },
  read(reader) {
    reader.arrayOf(2, 'the custody block');
    return { custodian: readEid(reader, 'the custodian'), transfer: reader.unsigned('the custody transfer') };
  },
};

/** How the payload is compressed; without the block it is not. */
export interface PayloadCompression {
  algorithm: 'zstd';
  /** Of the payload when decompressed. */
  originalBytes: number;
}

/** The code of RFC 8878 here. */
const ZSTD = 1;

export const COMPRESSION: BlockKind<PayloadCompression> = {
  type: EXTENSION_TYPES.compression,
  name: 'compression',
  write(writer, { originalBytes }) {
    writer.array(2);
    writer.unsigned(ZSTD, 'the compression algorithm');
    writer.unsigned(originalBytes, 'the original size');
  },
  read(reader) {
    reader.arrayOf(2, 'the compression block');
    const at = reader.offset;
    const algorithm = reader.unsigned('the compression algorithm');
    if (algorithm === ZSTD) return { algorithm: 'zstd', originalBytes: reader.unsigned('the original size') };
    throw reader.refuse(`the compression algorithm is ${algorithm}, not 1 (zstd)`, at, 'unsupported');
  },
};
