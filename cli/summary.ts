/** What is said of an execution when a command is through with it. */
import type { ExecutionView, RunSummary } from '../core/api/schemas.ts';
import type { Colors } from './io.ts';
import type { FailedTask } from './progress/progress.ts';
import { count, duration, oneLine } from './text.ts';

const OUTPUT_LINES_MAX = 40;
const ERRORS_SHOWN = 10;

/** The one object that `--json` prints. */
export function jsonSummary(execution: ExecutionView): RunSummary {
  const { executionId, status, makespanMs, output, errors } = execution;
  const { total, succeeded, failed, skipped } = execution.tasks;
  return {
    executionId,
    status,
    tasks: { total, succeeded, failed, skipped },
    makespanMs: makespanMs ?? null,
    output: output ?? null,
    errors,
  };
}

/** `failures`: of its tasks, as far as they are known; those that failed the execution are in its errors already. */
export function textSummary(
  execution: ExecutionView,
  colors: Colors,
  failures: readonly FailedTask[] = [],
): string {
  const fatal = new Set(execution.errors.map(({ taskId }) => taskId));
  const tolerated = failures.filter(({ id }) => !fatal.has(id));
  const { executionId, status, tasks, makespanMs, errors, workflow, output } = execution;
  const paint = status === 'SUCCEEDED' ? colors.green : status === 'FAILED' ? colors.red : colors.yellow;
  const parts = [
    `${count(tasks.succeeded, 'task')} succeeded`,
    ...(tasks.failed > 0 ? [colors.red(`${tasks.failed} failed`)] : []),
    ...(tasks.skipped > 0 ? [`${tasks.skipped} skipped`] : []),
    ...(tasks.cancelled > 0 ? [`${tasks.cancelled} cancelled`] : []),
    ...(tasks.parked > 0 ? [colors.yellow(`${tasks.parked} parked`)] : []),
    ...(makespanMs === undefined ? [] : [`in ${duration(makespanMs)}`]),
  ];
  return [
    `${colors.bold(oneLine(workflow))} ${paint(status)}: ${parts.join(', ')}  ${colors.dim(executionId)}`,
    ...errors.slice(0, ERRORS_SHOWN).map(({ taskId, error, cause }) => {
      const where = taskId === undefined ? '' : `${oneLine(taskId)}  `;
      return `  ${colors.red('✗')} ${where}${error}: ${oneLine(cause, 1000)}`;
    }),
    ...(errors.length > ERRORS_SHOWN ? [`    and ${errors.length - ERRORS_SHOWN} more`] : []),
    ...tolerated
      .slice(0, ERRORS_SHOWN)
      .map(
        ({ id, error, cause }) =>
          `  ${colors.yellow('!')} ${oneLine(id)}  tolerated ${error}: ${oneLine(cause, 1000)}`,
      ),
    ...(output === undefined || output === null ? [] : ['', shortOutput(output)]),
  ].join('\n');
}

/** Text as it is, anything else as JSON; long ones cut. */
export function shortOutput(output: unknown): string {
  const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2);
  const lines = text.split('\n').map((line) => oneLine(line, 500));
  if (lines.length <= OUTPUT_LINES_MAX) return lines.join('\n');
  return [...lines.slice(0, OUTPUT_LINES_MAX), `… ${lines.length - OUTPUT_LINES_MAX} more lines`].join('\n');
}
