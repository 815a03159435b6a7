import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { logged, logger, logWith } from '../../../adapters/aws/logger.ts';

const lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    expect(String(text)).toMatch(/^[^\n]*\n$/);
    lines.push(JSON.parse(String(text)));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const call = (id: string, work: () => void) =>
  middy()
    .use(logged())
    .handler(async () => work())({}, { awsRequestId: id } as Context);

test('a line is one line of JSON with the fields that Lambda reads', async () => {
  logger.warn('first\nsecond', { size: 3 });
  expect(lines).toEqual([
    { timestamp: expect.stringMatching(/^\d{4}-.*Z$/), level: 'WARN', message: 'first\nsecond', size: 3 },
  ]);
});

test('what is said of a call is on each of its lines, and on none of the next', async () => {
  vi.stubEnv(
    '_X_AMZN_TRACE_ID',
    'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
  );
  await call('one', () => {
    logWith({ executionId: 'exe_1' });
    logWith({ taskId: 'a' });
    logger.info('here');
  });
  vi.stubEnv('_X_AMZN_TRACE_ID', undefined);
  await call('two', () => logger.info('there'));
  const head = { timestamp: expect.any(String), level: 'INFO' };
  const [first, second] = lines;
  expect(first).toEqual({
    ...head,
    message: 'here',
    requestId: 'one',
    traceId: '1-5759e988-bd862e3fe1be46a994272793',
    executionId: 'exe_1',
    taskId: 'a',
  });
  expect(second).toEqual({ ...head, message: 'there', requestId: 'two' });
});

test('an error is told with its stack and what caused it', () => {
  logger.error('failed', { error: new TypeError('outer', { cause: new Error('inner') }) });
  expect(lines[0]!.error).toMatchObject({
    name: 'TypeError',
    message: 'outer',
    stack: expect.stringContaining('logger.test.ts'),
    cause: { name: 'Error', message: 'inner' },
  });
});

test('what JSON can not hold is left out, the line is not', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  logger.error('odd', { cycle });
  logger.error('large', { big: 1n });
  expect(lines.map(({ message }) => message)).toEqual(['odd', 'large']);
});

test.each([
  [undefined, ['INFO', 'WARN', 'ERROR']],
  ['DEBUG', ['DEBUG', 'INFO', 'WARN', 'ERROR']],
  ['TRACE', ['DEBUG', 'INFO', 'WARN', 'ERROR']],
  ['ERROR', ['ERROR']],
  ['FATAL', []],
])("with the function's log level %s it makes lines of %j", (level, expected) => {
  vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', level);
  for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]('x');
  expect(lines.map((line) => line.level)).toEqual(expected);
});
