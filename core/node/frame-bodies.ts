/** How the fields of each type of frame are written and read. Whole numbers only: fractions are scaled. */
import type { CborReader } from '../bundle/cbor-reader.ts';
import type { CborWriter } from '../bundle/cbor-writer.ts';
import { BundleRefused } from '../bundle/refusal.ts';
import { LINK_STATUSES } from '../link-health/state.ts';
import type { Position } from '../network/network.ts';
import type { Frame, FrameType, HelloFrame, MeasuredChannel } from './frames.ts';
import { CHANNELS, NODE_KINDS } from './node.ts';

interface Body<Type extends FrameType> {
  /** Elements after the version and the type. */
  fields: number;
  write(writer: CborWriter, frame: Extract<Frame, { type: Type }>): void;
  read(reader: CborReader): Extract<Frame, { type: Type }>;
}

/** Of an id of a node, and of the name of a capability or a task type. */
const NAME_BYTES_MAX = 200;
const BUNDLE_ID_BYTES_MAX = 1200;
const REASON_BYTES_MAX = 1000;
const BUNDLE_IDS_MAX = 1000;
const NAMES_MAX = 1000;
const STATES_MAX = 32;
const REASONS_MAX = 8;
const PPM = 1e6;
const MICRO = 1e6;
const LOWEST_M = 500;

export const BODIES: { [Type in FrameType]: Body<Type> } = {
  bundle: {
    fields: 6,
    write(writer, { bundleId, totalBytes, crc, chunkBytes, index, data }) {
      put(writer, bundleId, 'the bundle id', BUNDLE_ID_BYTES_MAX);
      writer.unsigned(totalBytes, 'the size of the whole');
      writer.unsigned(crc, 'the CRC');
      writer.unsigned(chunkBytes, 'the size of chunks');
      writer.unsigned(index, 'the index');
      writer.byteString(data);
    },
    read: (reader) => ({
      type: 'bundle',
      bundleId: reader.text('the bundle id', BUNDLE_ID_BYTES_MAX),
      totalBytes: reader.unsigned('the size of the whole'),
      crc: reader.unsigned('the CRC'),
      chunkBytes: reader.unsigned('the size of chunks'),
      index: reader.unsigned('the index'),
      data: reader.byteString('the data', reader.bytes.length),
    }),
  },
  accepted: {
    fields: 1,
    write: (writer, { bundleIds }) =>
      putAll(writer, bundleIds, 'the bundle ids', BUNDLE_IDS_MAX, BUNDLE_ID_BYTES_MAX),
    read: (reader) => ({
      type: 'accepted',
      bundleIds: texts(reader, 'the bundle ids', BUNDLE_IDS_MAX, BUNDLE_ID_BYTES_MAX),
    }),
  },
  refused: {
    fields: 3,
    write(writer, { bundleId, reason, isPermanent }) {
      put(writer, bundleId, 'the bundle id', BUNDLE_ID_BYTES_MAX);
      writer.text(shortened(reason));
      putBoolean(writer, isPermanent);
    },
    read: (reader) => ({
      type: 'refused',
      bundleId: reader.text('the bundle id', BUNDLE_ID_BYTES_MAX),
      reason: reader.text('the reason', REASON_BYTES_MAX),
      isPermanent: reader.boolean('whether it is permanent'),
    }),
  },
  probe: numbered('probe'),
  echo: numbered('echo'),
  health: {
    fields: 1,
    write(writer, { channels }) {
      putCount(writer, channels, 'the channels', STATES_MAX);
      for (const one of channels) putChannel(writer, one);
    },
    read: (reader) => ({
      type: 'health',
      channels: list(reader, 'the channels', STATES_MAX, readChannel),
    }),
  },
  hello: {
    fields: 7,
    write(writer, { nodeId, kind, capabilities, taskTypes, position, concurrency, load }) {
      put(writer, nodeId, 'the node id', NAME_BYTES_MAX);
      writer.unsigned(NODE_KINDS.indexOf(kind), `the kind ${kind}`);
      putAll(writer, capabilities, 'the capabilities', NAMES_MAX, NAME_BYTES_MAX);
      putAll(writer, taskTypes, 'the task types', NAMES_MAX, NAME_BYTES_MAX);
      putOptional(writer, position === undefined ? undefined : scaled(position), 'the position');
      putOptional(writer, concurrency === undefined ? undefined : [concurrency], 'the concurrency');
      writer.unsigned(load, 'the load');
    },
    read: readHello,
  },
  gone: { fields: 0, write: () => undefined, read: () => ({ type: 'gone' }) },
};

function numbered<Type extends 'probe' | 'echo'>(type: Type): Body<Type> {
  return {
    fields: 1,
    write: (writer, frame) => writer.unsigned((frame as { sequence: number }).sequence, 'the number'),
    read: (reader) => ({ type, sequence: reader.unsigned('the number') }) as Extract<Frame, { type: Type }>,
  };
}

function putChannel(writer: CborWriter, one: MeasuredChannel): void {
  writer.array(10);
  writer.unsigned(CHANNELS.indexOf(one.channel), `the channel ${one.channel}`);
  writer.unsigned(DIRECTIONS.indexOf(one.direction), `the direction ${one.direction}`);
  writer.unsigned(LINK_STATUSES.indexOf(one.status), `the status ${one.status}`);
  writer.unsigned(Math.round(one.forMs), 'for how long');
  putBoolean(writer, one.isDegraded);
  writer.unsigned(Math.round(one.lossRatio * PPM), 'the loss');
  putOptional(writer, one.rttMs === undefined ? undefined : [Math.round(one.rttMs * 1000)], 'the delay');
  const rate = one.rateBitsPerSecond;
  putOptional(writer, rate === undefined ? undefined : [Math.round(rate)], 'the rate');
  writer.unsigned(one.missedContacts, 'the missed contacts');
  const told = one.reasons.slice(0, REASONS_MAX).map(shortened);
  putAll(writer, told, 'the reasons', REASONS_MAX, REASON_BYTES_MAX);
}

const DIRECTIONS = [undefined, 'up', 'down'] as const;

function readChannel(reader: CborReader): MeasuredChannel {
  reader.arrayOf(10, 'a channel');
  const channel = choice(reader, CHANNELS, 'the channel');
  const direction = choice(reader, DIRECTIONS, 'the direction');
  const status = choice(reader, LINK_STATUSES, 'the status');
  const forMs = reader.unsigned('for how long');
  const isDegraded = reader.boolean('whether it is degraded');
  const at = reader.offset;
  const lost = reader.unsigned('the loss');
  if (lost > PPM) throw reader.refuse(`the loss is ${lost} of a million`, at);
  const [rttUs] = optional(reader, 1, 'the delay');
  const [rateBitsPerSecond] = optional(reader, 1, 'the rate');
  return {
    channel,
    ...(direction && { direction }),
    status,
    forMs,
    isDegraded,
    lossRatio: lost / PPM,
    rttMs: rttUs === undefined ? undefined : rttUs / 1000,
    rateBitsPerSecond,
    missedContacts: reader.unsigned('the missed contacts'),
    reasons: texts(reader, 'the reasons', REASONS_MAX, REASON_BYTES_MAX),
  };
}

function readHello(reader: CborReader): HelloFrame {
  const nodeId = reader.text('the node id', NAME_BYTES_MAX);
  const kind = choice(reader, NODE_KINDS, 'the kind');
  const capabilities = texts(reader, 'the capabilities', NAMES_MAX, NAME_BYTES_MAX);
  const taskTypes = texts(reader, 'the task types', NAMES_MAX, NAME_BYTES_MAX);
  const at = reader.offset;
  const place = optional(reader, 3, 'the position');
  const position = place.length === 0 ? undefined : unscaled(place as [number, number, number]);
  if (position && !isOnEarth(position)) throw reader.refuse('the position is nowhere on Earth', at);
  const [concurrency] = optional(reader, 1, 'the concurrency');
  return {
    type: 'hello',
    nodeId,
    kind,
    capabilities,
    taskTypes,
    ...(position && { position }),
    ...(concurrency !== undefined && { concurrency }),
    load: reader.unsigned('the load'),
  };
}

/** To a tenth of a metre, from the south pole, 180 degrees west and 500 m below the ellipsoid. */
const scaled = ({ latitudeDegrees, longitudeDegrees, altitudeM }: Position): number[] => [
  Math.round((latitudeDegrees + 90) * MICRO),
  Math.round((longitudeDegrees + 180) * MICRO),
  Math.round((altitudeM + LOWEST_M) * 10),
];

const unscaled = ([latitude, longitude, altitude]: [number, number, number]): Position => ({
  latitudeDegrees: (latitude - 90 * MICRO) / MICRO,
  longitudeDegrees: (longitude - 180 * MICRO) / MICRO,
  altitudeM: (altitude - LOWEST_M * 10) / 10,
});

const isOnEarth = ({ latitudeDegrees, longitudeDegrees, altitudeM }: Position): boolean =>
  latitudeDegrees <= 90 && longitudeDegrees <= 360 && altitudeM <= 20_000;

function choice<One>(reader: CborReader, all: readonly One[], what: string): One {
  const at = reader.offset;
  const number = reader.unsigned(what);
  if (number < all.length) return all[number]!;
  throw reader.refuse(`${what} is ${number}, above ${all.length - 1}`, at, 'unsupported');
}

function list<One>(reader: CborReader, what: string, most: number, read: (from: CborReader) => One): One[] {
  const at = reader.offset;
  const count = reader.array(what);
  if (count > most) throw reader.refuse(`${what} are ${count}, above ${most}`, at, 'too-large');
  return Array.from({ length: count }, () => read(reader));
}

const texts = (reader: CborReader, what: string, most: number, bytesMax: number): string[] =>
  list(reader, what, most, () => reader.text(what, bytesMax));

/** Nothing, or so many numbers. */
function optional(reader: CborReader, count: number, what: string): number[] {
  const at = reader.offset;
  const came = reader.array(what);
  if (came !== 0 && came !== count)
    throw reader.refuse(`${what} has ${came} elements, neither 0 nor ${count}`, at);
  return Array.from({ length: came }, () => reader.unsigned(what));
}

function putOptional(writer: CborWriter, numbers: readonly number[] = [], what: string): void {
  writer.array(numbers.length);
  for (const number of numbers) writer.unsigned(number, what);
}

const putBoolean = (writer: CborWriter, is: boolean): void => writer.byte(is ? 0xf5 : 0xf4);

function putCount(writer: CborWriter, all: readonly unknown[], what: string, most: number): void {
  if (all.length > most) throw new BundleRefused('too-large', `${what} are ${all.length}, above ${most}`);
  writer.array(all.length);
}

function putAll(
  writer: CborWriter,
  all: readonly string[],
  what: string,
  most: number,
  bytesMax: number,
): void {
  putCount(writer, all, what, most);
  for (const text of all) put(writer, text, what, bytesMax);
}

function put(writer: CborWriter, text: string, what: string, bytesMax: number): void {
  if (!text.isWellFormed()) throw new BundleRefused('malformed', `${what} is not Unicode`);
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 > bytesMax && new TextEncoder().encode(text).length > bytesMax)
    throw new BundleRefused('too-large', `${what} has more than ${bytesMax} bytes`);
  writer.text(text);
}

/** Reasons are for people: what is too long is cut. */
const shortened = (text: string): string => text.slice(0, REASON_BYTES_MAX / 3).toWellFormed();
