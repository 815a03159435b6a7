import { HoldfastProblem } from '../client/index.ts';
import { type DefinitionIssue, type ErrorKind, HoldfastError, InvalidDefinition } from '../core/errors.ts';
import type { Colors } from './io.ts';
import { UsageError } from './io.ts';
import { clean } from './text.ts';

export const EXIT = { ok: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

const INPUT_KINDS = new Set<ErrorKind>(['invalid', 'not-found', 'conflict', 'too-large', 'unprocessable']);
const INPUT_STATUSES = new Set([400, 404, 409, 413, 415, 422]);

/** 2 where the caller can mend it by asking differently, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.badInput;
  if (error instanceof HoldfastError) return INPUT_KINDS.has(error.kind) ? EXIT.badInput : EXIT.failed;
  if (error instanceof HoldfastProblem) return INPUT_STATUSES.has(error.status) ? EXIT.badInput : EXIT.failed;
  return EXIT.failed;
}

const ISSUES_SHOWN = 20;

/** What was wrong and what to do about it, for a terminal. */
export function describeError(error: unknown, colors: Colors): string {
  const label = colors.red('error:');
  if (error instanceof InvalidDefinition)
    return `${label} ${clean(error.source)} is not valid\n${issueLines(error.issues, `${error.source}:`)}`;
  if (error instanceof HoldfastProblem && error.issues.length > 0)
    return `${label} ${clean(error.message)}\n${issueLines(error.issues, '')}`;
  const { message, fix } = error as { message?: string; fix?: string };
  const said = clean(message ?? String(error));
  return fix === undefined || fix === '' ? `${label} ${said}` : `${label} ${said}\n  fix: ${clean(fix)}`;
}

/** `source` stands before the line, so that editors and terminals can jump there. */
function issueLines(issues: readonly DefinitionIssue[], source: string): string {
  const lines = issues.slice(0, ISSUES_SHOWN).map(({ path, message, fix, line, column }) => {
    const at = line === undefined ? '' : `${source}${line}:${column ?? 1}  `;
    return `  ${at}${path === '' ? '' : `${path}: `}${message}\n    fix: ${fix}`;
  });
  if (issues.length > ISSUES_SHOWN) lines.push(`  and ${issues.length - ISSUES_SHOWN} more`);
  return clean(lines.join('\n'));
}
