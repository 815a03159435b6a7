/**
 * What a caller can do about an error; the HTTP API derives its status from it.
 * `invalid` 400, `forbidden` 403, `not-found` 404, `conflict` 409, `too-large` 413, `unprocessable` 422,
 * `limited` 429, `unavailable` 503, `internal` 500.
 */
export type ErrorKind =
  | 'invalid'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'unprocessable'
  | 'limited'
  | 'unavailable'
  | 'internal';

/** The base of every refusal: `message` says what was wrong and what came, `fix` what to do about it. */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError';
  readonly kind: ErrorKind = 'internal';
  readonly fix: string;

  constructor(message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.fix = fix;
  }
}

/** After these, the same may go well later. */
const PASSING: readonly ErrorKind[] = ['unavailable', 'limited', 'internal'];

/** A refusal that no repetition mends. Errors of other kinds, and those that nobody foresaw, may pass. */
export const isRefusal = (error: unknown): error is HoldfastError =>
  error instanceof HoldfastError && !PASSING.includes(error.kind);

export class InvalidInput extends HoldfastError {
  override readonly name = 'InvalidInput';
  override readonly kind = 'invalid';
}

export class NotFound extends HoldfastError {
  override readonly name = 'NotFound';
  override readonly kind = 'not-found';
}

export class Conflict extends HoldfastError {
  override readonly name = 'Conflict';
  override readonly kind = 'conflict';
}

export class PayloadTooLarge extends HoldfastError {
  override readonly name = 'PayloadTooLarge';
  override readonly kind = 'too-large';
}

/** The store can't take writes (disk full, read-only, closed). Nothing that was acknowledged is lost. */
export class StoreUnavailable extends HoldfastError {
  override readonly name = 'StoreUnavailable';
  override readonly kind = 'unavailable';
}

/** A kept payload whose bytes no longer match their hash. */
export class PayloadCorrupt extends HoldfastError {
  override readonly name = 'PayloadCorrupt';
}

/** One thing wrong with a definition. `line` and `column` are 1-based. */
export interface DefinitionIssue {
  /** Where in the document: `tasks[2].dependsOn[0]`. */
  path: string;
  message: string;
  fix: string;
  line?: number;
  column?: number;
}

/** A definition that was refused whole; nothing of it is stored. */
export class InvalidDefinition extends HoldfastError {
  override readonly name = 'InvalidDefinition';
  override readonly kind = 'unprocessable';
  readonly issues: DefinitionIssue[];
  readonly source: string;

  constructor(source: string, issues: DefinitionIssue[]) {
    const lines = issues.map((issue) => {
      const at = issue.line === undefined ? source : `${source}:${issue.line}:${issue.column ?? 1}`;
      return `${at}  ${issue.path}: ${issue.message}\n    fix: ${issue.fix}`;
    });
    super(lines.join('\n'), issues.length === 1 ? issues[0]!.fix : 'Mend each of the listed problems.');
    this.issues = issues;
    this.source = source;
  }
}
