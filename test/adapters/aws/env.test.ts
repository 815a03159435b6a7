import { describe, expect, test } from 'vitest';
import { listFrom, numberFrom, readEnv } from '../../../adapters/aws/env.ts';
import { InvalidInput } from '../../../core/errors.ts';

describe('readEnv', () => {
  test('gives what is there, and nothing for what may be empty', () => {
    const source = { HOLDFAST_TABLE: 'table', HOLDFAST_MAX_TASKS: '', OTHER: 'x' };
    expect(readEnv(['HOLDFAST_TABLE', 'HOLDFAST_MAX_TASKS', 'HOLDFAST_MAX_WORKFLOWS'], source)).toEqual({
      HOLDFAST_TABLE: 'table',
      HOLDFAST_MAX_TASKS: undefined,
      HOLDFAST_MAX_WORKFLOWS: undefined,
    });
  });

  test('refuses with every name that is missing, what it has to hold, and what to do', () => {
    const read = () =>
      readEnv(['HOLDFAST_TABLE', 'HOLDFAST_BUS', 'HOLDFAST_INTAKE_QUEUE'], { HOLDFAST_BUS: ' ' });
    expect(read).toThrow(InvalidInput);
    expect(read).toThrow(
      'The environment lacks HOLDFAST_TABLE (name of the DynamoDB table), HOLDFAST_BUS (name of the EventBridge bus ' +
        'for the events of executions), HOLDFAST_INTAKE_QUEUE (URL of the FIFO queue that work is submitted through).',
    );
    expect(read).toThrow(expect.objectContaining({ fix: expect.stringContaining('lib/') as string }));
  });

  test('reads whole numbers and lists', () => {
    expect(numberFrom('HOLDFAST_MAX_TASKS', '1000')).toBe(1000);
    expect(numberFrom('HOLDFAST_MAX_TASKS', undefined)).toBeUndefined();
    expect(listFrom(' a, b,,')).toEqual(['a', 'b']);
    expect(listFrom(undefined)).toEqual([]);
  });

  test.each(['0', '-1', '1.5', '1e3', 'many'])('refuses the number %j, with its name', (text) => {
    expect(() => numberFrom('HOLDFAST_MAX_TASKS', text)).toThrow(`HOLDFAST_MAX_TASKS is "${text}".`);
  });
});
