import { nearest } from '../workflow/names.ts';

const CONSIDERED_LENGTH_MAX = 200;

/** A fix for a name nobody knows: the nearest one, or all there are. */
export function didYouMean(given: string, known: readonly string[]): string {
  const near = given.length <= CONSIDERED_LENGTH_MAX ? nearest(given, known) : undefined;
  if (near !== undefined) return `Did you mean "${near}"?`;
  return known.length === 0 ? 'Leave it out.' : `Use one of: ${known.join(', ')}.`;
}
