/**
 * Lines of JSON for CloudWatch, with the fields that Lambda's own have, so that the function's log level applies to them. Lines cost:
 * what goes well says nothing.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
import type { MiddlewareObj } from '@middy/core';
import type { Logger } from '../../core/task/handler.ts';

type Fields = Record<string, unknown>;

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** Which call the lines are about. A function does one at a time. */
let about: Fields = {};

/** As handlers and use cases see it. */
export const logger: Logger = {
  debug: (message, fields) => write('debug', message, fields),
  info: (message, fields) => write('info', message, fields),
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
};

/** Puts `fields` on every line until the call ends. */
export function logWith(fields: Fields): void {
  about = { ...about, ...fields };
}

/** Begins the lines of a call with its request id, and the trace that it is part of. */
export function logged<Event, Result>(): MiddlewareObj<Event, Result, Error> {
  return {
    before: ({ context }) => {
      const traceId = /Root=([^;]+)/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1];
      about = { requestId: context.awsRequestId, ...(traceId && { traceId }) };
    },
  };
}

function write(level: Level, message: string, fields: Fields = {}): void {
  if (LEVELS.indexOf(level) < lowest()) return;
  const head = { timestamp: new Date().toISOString(), level: level.toUpperCase(), message };
  process.stdout.write(`${jsonOf({ ...head, ...about, ...fields }) ?? jsonOf({ ...head, ...about })}\n`);
}

/** Lambda says which lines it keeps; the others need not be made. */
function lowest(): number {
  const wanted = (process.env.AWS_LAMBDA_LOG_LEVEL ?? 'info').toLowerCase();
  if (wanted === 'trace') return 0;
  return wanted === 'fatal' ? LEVELS.length : Math.max(0, LEVELS.indexOf(wanted as Level));
}

/** Undefined for what JSON can't hold. */
function jsonOf(line: Fields): string | undefined {
  try {
    return JSON.stringify(line, (_key, value: unknown) => (value instanceof Error ? told(value) : value));
  } catch {
    return undefined;
  }
}

const told = ({ name, message, stack, cause, ...rest }: Error): Fields => ({
  name,
  message,
  stack,
  cause,
  ...rest,
});
