/** Refusals as RFC 9457 problem documents. */
import type * as z from 'zod';
import { type DefinitionIssue, type ErrorKind, HoldfastError, InvalidDefinition } from '../errors.ts';
import { MalformedJson } from './json-text.ts';
import type { problemSchema } from './problem-schema.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export type Problem = z.output<typeof problemSchema>;

const STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  unprocessable: 422,
  limited: 429,
  unavailable: 503,
  internal: 500,
};

const TITLE: Record<number, string> = {
  400: 'The request is not valid',
  401: 'A token is needed',
  403: 'The request is not allowed',
  404: 'There is no such thing',
  405: 'The method is not allowed here',
  408: 'The request took too long to arrive',
  409: 'The request conflicts with what stands',
  413: 'The request is too large',
  415: 'The content type is not supported',
  421: 'The request is meant for another host',
  422: 'The definition is not valid',
  426: 'Another protocol is needed',
  429: 'Too much at once',
  431: 'The header is too large',
  500: 'A fault in Holdfast',
  503: 'Holdfast can not do this now',
};

/** A refusal that only HTTP knows. `code` is the problem's code; `headers` go with the answer. */
export class HttpRefusal extends HoldfastError {
  override readonly name = 'HttpRefusal';
  override readonly kind = 'invalid';
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, fix: string, headers = {}) {
    super(message, fix);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** A request whose body, query or header breaks its schema. */
export class InvalidRequest extends HoldfastError {
  override readonly name = 'InvalidRequest';
  override readonly kind = 'invalid';
  readonly issues: DefinitionIssue[];

  constructor(what: string, issues: DefinitionIssue[]) {
    super(`${what}: ${summary(issues)}`, issues.length === 1 ? issues[0]!.fix : 'Mend each of `issues`.');
    this.issues = issues;
  }
}

function summary(issues: DefinitionIssue[]): string {
  const first = issues[0];
  if (first === undefined) return 'it is not valid.';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return `${first.path === '' ? '' : `${first.path}: `}${first.message}${more}`;
}

/**
 * What a refusal looks like to its caller. Undefined for anything but a `HoldfastError` of a kind a caller may know of:
 * that is a fault, to be logged and shown by `faultProblem`.
 */
export function toProblem(error: unknown, instance: string): Problem | undefined {
  if (!(error instanceof HoldfastError) || error.kind === 'internal') return undefined;
  const status = error instanceof HttpRefusal ? error.status : STATUS[error.kind];
  const code = error instanceof HttpRefusal ? error.code : error.name;
  return {
    ...head(status, code),
    detail: error instanceof InvalidDefinition ? `${error.source}: ${summary(error.issues)}` : error.message,
    ...(error.cause instanceof Error && { cause: error.cause.message }),
    fix: error.fix,
    instance,
    ...issuesOf(error),
  };
}

/** A fault: says nothing of the inside, only the id under which the host logged it. */
export function faultProblem(errorId: string): Problem {
  return {
    ...head(500, 'InternalError'),
    detail: `Something went wrong inside Holdfast; the host logged it as ${errorId}.`,
    fix: 'Try again; if it happens again, look this id up in the log and report it.',
    instance: `urn:holdfast:error:${errorId}`,
  };
}

function head(status: number, code: string) {
  const slug = code.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  return {
    type: `urn:holdfast:problem:${slug}`,
    title: TITLE[status] ?? 'The request failed',
    status,
    code,
  };
}

function issuesOf(error: HoldfastError): { issues?: DefinitionIssue[] } {
  if (error instanceof InvalidDefinition || error instanceof InvalidRequest) {
    return { issues: error.issues.map(plainIssue) };
  }
  if (error instanceof MalformedJson && error.line !== undefined) {
    const { message, fix, line, column } = error;
    return { issues: [{ path: '', message, fix, line, column }] };
  }
  return {};
}

function plainIssue({ path, message, fix, line, column }: DefinitionIssue): DefinitionIssue {
  return { path, message, fix, ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
}
