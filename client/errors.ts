import type { Problem } from '../core/api/problem.ts';
import type { DefinitionIssue } from '../core/errors.ts';

/** A refusal by the host, from its problem document (RFC 9457). `name` is the problem's code. */
export class HoldfastProblem extends Error {
  override readonly name: string;
  readonly status: number;
  /** What to do about it. */
  readonly fix: string;
  /** Each thing wrong with what was sent. */
  readonly issues: DefinitionIssue[];
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = problem.code;
    this.status = problem.status;
    this.fix = problem.fix;
    this.issues = problem.issues ?? [];
    this.problem = problem;
  }
}

/** Nobody answered, or somebody who isn't Holdfast did. */
export class HostUnreachable extends Error {
  override readonly name = 'HostUnreachable';
  readonly fix: string;

  constructor(message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.fix = fix;
  }
}
