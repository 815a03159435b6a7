/**
 * What neighbours say to each other over a link, a frame a message: a CBOR array (RFC 8949, deterministic) of the version,
 * the type's number and its fields. Nothing in it says who speaks: that is known of the link.
 */
import { CborReader } from '../bundle/cbor-reader.ts';
import { CborWriter } from '../bundle/cbor-writer.ts';
import { BundleRefused } from '../bundle/refusal.ts';
import { HoldfastError, PayloadTooLarge } from '../errors.ts';
import { BODIES } from './frame-bodies.ts';
import type { Channel, NodeKind } from './node.ts';
import type { LinkState } from '../link-health/state.ts';
import type { Position } from '../network/network.ts';

/** The most that a frame has, all in: what IoT Core takes. */
export const FRAME_BYTES_MAX = 131_072;
export const FRAME_VERSION = 1;

/** A part of an encoded bundle: bytes `index * chunkBytes` on, `chunkBytes` of them or what is left. */
export interface ChunkFrame {
  type: 'bundle';
  /** As `bundleId` gives it. */
  bundleId: string;
  totalBytes: number;
  /** CRC-32C of the whole, which tells one encoding of a bundle from another. */
  crc: number;
  chunkBytes: number;
  index: number;
  data: Uint8Array;
}

/** What was measured of a channel, in one direction or, where that can't be told apart, in both. */
export interface MeasuredChannel extends Omit<LinkState, 'sinceMs'> {
  channel: Channel;
  /** As the node sees it: `up` to its neighbour, `down` from it. Absent: both. */
  direction?: 'up' | 'down';
  /** For how long it has been so: clocks need not agree. */
  forMs: number;
}

/** What a node says of itself when it comes, and again when it changes. */
export interface HelloFrame {
  type: 'hello';
  nodeId: string;
  kind: NodeKind;
  capabilities: string[];
  /** Task types that it runs. */
  taskTypes: string[];
  position?: Position;
  /** Tasks at once. */
  concurrency?: number;
  /** Tasks that it has taken and not ended. */
  load: number;
}

export type Frame =
  | ChunkFrame
  /** It answers for these from now on: the custody acknowledgement. */
  | { type: 'accepted'; bundleIds: string[] }
  /** It does not take it; `isPermanent`: nor will it later. */
  | { type: 'refused'; bundleId: string; reason: string; isPermanent: boolean }
  /** Asks for the echo of its number. */
  | { type: 'probe' | 'echo'; sequence: number }
  | { type: 'health'; channels: MeasuredChannel[] }
  | HelloFrame
  /** The last will: the connection over this channel is lost. */
  | { type: 'gone' };

export type FrameType = Frame['type'];

/**
 * `malformed`: no frame, or not in deterministic CBOR. `unsupported`: of a version or type that isn't known here.
 * `too-large`: above a limit. `corrupt`: the whole doesn't match its CRC. `flooding`: more is unfinished than may be.
 */
export type FrameRefusalReason = 'malformed' | 'unsupported' | 'too-large' | 'corrupt' | 'flooding';

const FIXES: Record<FrameRefusalReason, string> = {
  malformed: 'Send frames as core/node/frames.ts writes them.',
  unsupported: 'Bring both neighbours to the same version.',
  'too-large': `Send at most ${FRAME_BYTES_MAX} bytes a frame, larger bundles in chunks.`,
  corrupt: 'Send it again: it was damaged on its way.',
  flooding: 'End what was begun before sending more.',
};

/** A frame that is not taken. The one error of decoding, whatever came. */
export class FrameRefused extends HoldfastError {
  override readonly name = 'FrameRefused';
  override readonly kind = 'invalid';
  readonly reason: FrameRefusalReason;

  constructor(reason: FrameRefusalReason, message: string, options?: ErrorOptions) {
    super(message, FIXES[reason], options);
    this.reason = reason;
  }
}

/** In the order of their numbers on the wire; new ones come at the end. */
export const FRAME_TYPES = [
  'bundle',
  'accepted',
  'refused',
  'probe',
  'echo',
  'health',
  'hello',
  'gone',
] as const satisfies readonly FrameType[];

/** Throws `FrameRefused` (malformed, too-large) for what can't be said. */
export function encodeFrame(frame: Frame): Uint8Array {
  const writer = new CborWriter();
  const body = BODIES[frame.type];
  return refusing(() => {
    writer.array(2 + body.fields);
    writer.unsigned(FRAME_VERSION, 'the version');
    writer.unsigned(FRAME_TYPES.indexOf(frame.type), 'the type');
    body.write(writer, frame as never);
    if (writer.length <= FRAME_BYTES_MAX) return writer.take();
    throw new FrameRefused('too-large', `The ${frame.type} frame has ${writer.length} bytes.`);
  });
}

/** What a link takes. Throws `PayloadTooLarge`. */
export function checkFrameSize(to: string, frame: Uint8Array): void {
  if (frame.length <= FRAME_BYTES_MAX) return;
  throw new PayloadTooLarge(
    `A frame to "${to}" has ${frame.length} bytes; ${FRAME_BYTES_MAX} are the most.`,
    'Send the bundle in chunks.',
  );
}

/** The data of a chunk is a view of `bytes`. Throws `FrameRefused`. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > FRAME_BYTES_MAX)
    throw new FrameRefused('too-large', `The frame has ${bytes.length} bytes.`);
  return refusing(() => {
    const reader = new CborReader(bytes);
    const elements = reader.array('the frame');
    const version = reader.unsigned('the version');
    if (version !== FRAME_VERSION)
      throw reader.refuse(`the frame is of version ${version}, not ${FRAME_VERSION}`, 0, 'unsupported');
    const number = reader.unsigned('the type');
    const type = FRAME_TYPES[number];
    if (type === undefined) throw reader.refuse(`there is no frame of type ${number}`, 0, 'unsupported');
    const body = BODIES[type];
    if (elements !== 2 + body.fields)
      throw reader.refuse(`the ${type} frame has ${elements} elements, not ${2 + body.fields}`, 0);
    const frame: Frame = body.read(reader);
    reader.end('the frame');
    return frame;
  });
}

const REASONS: Partial<Record<BundleRefused['reason'], FrameRefusalReason>> = {
  unsupported: 'unsupported',
  'too-large': 'too-large',
};

function refusing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof BundleRefused)) throw error;
    const message = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
    throw new FrameRefused(REASONS[error.reason] ?? 'malformed', message, { cause: error });
  }
}
