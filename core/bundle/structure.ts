import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  hasFlag,
  PAYLOAD_NUMBER,
  type PrimaryBlock,
} from './bundle.ts';
import { isNullEndpoint } from './eid.ts';

/** More blocks than any use has; a flood of empty ones stays cheap. */
export const BLOCKS_MAX = 64;

const STATUS_FLAGS =
  BUNDLE_FLAGS.reportReception |
  BUNDLE_FLAGS.reportForwarding |
  BUNDLE_FLAGS.reportDelivery |
  BUNDLE_FLAGS.reportDeletion;

/** Types that RFC 9171, section 4.4 allows once. */
const ONCE: readonly number[] = [BLOCK_TYPES.previousNode, BLOCK_TYPES.bundleAge, BLOCK_TYPES.hopCount];

/** What breaks the rules of RFC 9171, section 4.2.3 and 4.3.1 in a primary block, in words; undefined when nothing does. */
export function primaryProblem(primary: PrimaryBlock): string | undefined {
  const { flags, fragment, source } = primary;
  const reports = (flags & STATUS_FLAGS) !== 0;
  if (hasFlag(flags, BUNDLE_FLAGS.isFragment) !== (fragment !== undefined)) {
    return fragment
      ? 'the primary block has a fragment offset, but not the flag of a fragment'
      : 'the primary block has the flag of a fragment, but no fragment offset';
  }
  if (fragment && hasFlag(flags, BUNDLE_FLAGS.mustNotFragment)) {
    return 'the primary block is of a fragment of a bundle that must not be fragmented';
  }
  if (reports && hasFlag(flags, BUNDLE_FLAGS.isAdministrative)) {
    return 'the primary block asks for status reports about an administrative record';
  }
  if (isNullEndpoint(source) && (reports || !hasFlag(flags, BUNDLE_FLAGS.mustNotFragment))) {
    return `the primary block has the source ${source}, but asks for status reports or may be fragmented`;
  }
  return undefined;
}

/** The same for the block at `index`, given the blocks before it. */
export function blockProblem(bundle: Bundle, index: number): string | undefined {
  const block = bundle.blocks[index]!;
  const isLast = index === bundle.blocks.length - 1;
  const isPayload = block.type === BLOCK_TYPES.payload;
  if (isPayload !== (block.number === PAYLOAD_NUMBER)) {
    return `a block has the type ${block.type} and the number ${block.number}: 1 and 1 belong to the payload`;
  }
  if (isPayload !== isLast)
    return isPayload ? 'a block follows the payload' : 'the last block is not the payload';
  if (block.type === 0 || block.number === 0) return 'a block has the type or number 0, which is reserved';
  if (hasFlag(block.flags, BLOCK_FLAGS.reportIfUnprocessed) && mayNotReport(bundle.primary)) {
    return `block ${block.number} asks for status reports, which a bundle of its kind may not`;
  }
  if (isPayload) return bundle.primary.fragment && overhang(bundle, block);
  const isOnce = ONCE.includes(block.type);
  for (let before = 0; before < index; before++) {
    const other = bundle.blocks[before]!;
    if (other.number === block.number) return `two blocks have the number ${block.number}`;
    if (isOnce && other.type === block.type)
      return `two blocks have the type ${block.type}, of which one is allowed`;
  }
  return undefined;
}

const mayNotReport = ({ flags, source }: PrimaryBlock): boolean =>
  hasFlag(flags, BUNDLE_FLAGS.isAdministrative) || isNullEndpoint(source);

function overhang({ primary }: Bundle, { data }: CanonicalBlock): string | undefined {
  const { offset, totalBytes } = primary.fragment!;
  if (offset + data.length <= totalBytes) return undefined;
  return `the fragment at ${offset} with ${data.length} bytes goes beyond the whole of ${totalBytes}`;
}
