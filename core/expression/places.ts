import { ExpressionSyntaxError } from './errors.ts';
import { skipLiteral } from './scan.ts';

/** A run of text, or an expression that stood in `${...}`. */
export type Piece = { text: string } | { expression: string };

/** Splits text at its `${...}`; `$${` stands for a literal `${`. Errors: `ExpressionSyntaxError`. */
export function splitText(text: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  let index = 0;
  while (index < text.length) {
    if (text.startsWith('$${', index)) {
      literal += '${';
      index += 3;
    } else if (text.startsWith('${', index)) {
      const end = closingBrace(text, index + 2);
      if (literal !== '') pieces.push({ text: literal });
      literal = '';
      pieces.push({ expression: text.slice(index + 2, end) });
      index = end + 1;
    } else {
      literal += text[index++];
    }
  }
  if (literal !== '') pieces.push({ text: literal });
  return pieces;
}

/** The `}` that closes the `${` before `from`; those in strings and in objects inside it don't count. */
function closingBrace(text: string, from: number): number {
  let depth = 0;
  for (let index = from; index < text.length; index++) {
    const after = skipLiteral(text, index);
    if (after > index) {
      index = after - 1;
    } else if (text[index] === '{') {
      depth++;
    } else if (text[index] === '}') {
      if (depth === 0) return index;
      depth--;
    }
  }
  throw new ExpressionSyntaxError(
    text,
    '`${` is not closed',
    'Add the `}`, or write `$${` for the characters themselves.',
    from - 1,
  );
}
