import type { Bundle, CanonicalBlock } from '../bundle.ts';
import { CborWriter } from '../cbor-writer.ts';
import { encodePrimary } from '../encode.ts';
import { SCOPE } from './abstract-block.ts';

/**
 * What both contexts count besides the target's data, in canonical form: the scope flags and the parts that they
 * name (RFC 9173, sections 3.7 and 4.7.2). `target` is undefined for the primary block, which is its own scope.
 */
export function writeScope(
  writer: CborWriter,
  scope: number,
  { primary }: Bundle,
  security: Pick<CanonicalBlock, 'type' | 'number' | 'flags'>,
  target: CanonicalBlock | undefined,
): void {
  writer.unsigned(scope, 'the scope flags');
  if (target && scope & SCOPE.primaryBlock) writer.raw(encodePrimary(primary));
  if (target && scope & SCOPE.targetHeader) writeHeader(writer, target);
  if (scope & SCOPE.securityHeader) writeHeader(writer, security);
}

function writeHeader(writer: CborWriter, block: Pick<CanonicalBlock, 'type' | 'number' | 'flags'>): void {
  writer.unsigned(block.type, 'the block type');
  writer.unsigned(block.number, 'the block number');
  writer.unsigned(block.flags, 'the block processing control flags');
}
