import { HoldfastError } from '../errors.ts';

/** An expression or template that can't be parsed. `column` is 1-based, in the expression as written. */
export class ExpressionSyntaxError extends HoldfastError {
  override readonly name = 'ExpressionSyntaxError';
  override readonly kind = 'invalid';
  readonly expression: string;
  readonly column: number | undefined;

  constructor(expression: string, problem: string, fix: string, column?: number) {
    const at = column === undefined ? '' : ` at column ${column}`;
    super(`The expression ${quote(expression)} doesn't parse: ${problem}${at}.`, fix);
    this.expression = expression;
    this.column = column;
  }
}

/** An expression that parsed and failed on the values it was given. `code` is JSONata's, such as `T2001`. */
export class ExpressionError extends HoldfastError {
  override readonly name = 'ExpressionError';
  override readonly kind = 'unprocessable';
  readonly expression: string;
  readonly code: string | undefined;
  /** What went wrong, without the expression around it. */
  readonly reason: string;

  constructor(expression: string, reason: string, fix: string, code?: string) {
    super(`The expression ${quote(expression)} failed: ${reason}${reason.endsWith('?') ? '' : '.'}`, fix);
    this.expression = expression;
    this.reason = reason;
    this.code = code;
  }
}

const maxQuoted = 200;

/** The expression for a message: in backticks, cut where it is long. */
export function quote(expression: string): string {
  const text = expression.length > maxQuoted ? `${expression.slice(0, maxQuoted)}…` : expression;
  return text.includes('`') ? `'${text}'` : `\`${text}\``;
}
