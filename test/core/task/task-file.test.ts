import { describe, expect, test } from 'vitest';
import {
  readTaskModule,
  refuseType,
  typeOfFile,
  type UnusableTaskFile,
} from '../../../core/task/task-file.ts';

const handler = () => null;

/** What is said about the `aws` of a file that is otherwise right. */
function refusal(aws: unknown): { reason: string; fix: string } {
  try {
    readTaskModule({ handler, aws }, 'tasks/resize.ts');
  } catch (error) {
    const { reason, fix } = (error as UnusableTaskFile).problem;
    return { reason, fix };
  }
  throw new Error('it was taken');
}

describe('what a task file exports', () => {
  test.each([
    ['named', { handler, maxConcurrency: 2 }],
    ['as an object', { default: { handler, maxConcurrency: 2 } }],
    ['a default function beside names', { default: handler, maxConcurrency: 2 }],
  ])('is read %s', (_how, module) => {
    expect(readTaskModule(module, 'a.ts')).toEqual({ handler, maxConcurrency: 2 });
  });

  test('an "aws" with every field is kept', () => {
    const aws = {
      memoryMb: 1024,
      timeoutSeconds: 900,
      permissions: [{ actions: ['s3:GetObject', 'kms:Decrypt'], resources: ['arn:aws:s3:::photos/*'] }],
      environment: { BUCKET: 'photos' },
    };
    expect(readTaskModule({ handler, aws }, 'a.ts')).toEqual({ handler, aws });
    expect(readTaskModule({ handler, aws: { memoryMb: undefined } }, 'a.ts').aws).toEqual({});
  });

  test('refuses a misspelt field and names the one that was meant', () => {
    expect(refusal({ memoryMB: 1024 })).toEqual({
      reason: '"aws" has no field "memoryMB". Did you mean "memoryMb"?',
      fix: 'Correct the name, or remove the field.',
    });
    expect(refusal({ vpc: 'x' }).fix).toBe('Use memoryMb, timeoutSeconds, permissions, environment.');
    expect(refusal({ permissions: [{ action: ['s3:GetObject'], resources: ['*'] }] }).reason).toBe(
      '"aws.permissions[0]" has no field "action". Did you mean "actions"?',
    );
  });

  test.each(['*', 's3:*', 's3:Get*', 'dynamodb:*Item'])('refuses the wildcard action %s', (action) => {
    expect(refusal({ permissions: [{ actions: ['s3:PutObject', action], resources: ['*'] }] })).toEqual({
      reason: `"aws.permissions[0].actions" has the wildcard "${action}"`,
      fix: expect.stringContaining('Name each action'),
    });
  });

  test.each<[string, unknown, string]>([
    ['an "aws" that is none', [], '"aws" is []'],
    ['too little memory', { memoryMb: 64 }, '"aws.memoryMb" is 64'],
    ['half a megabyte', { memoryMb: 128.5 }, '"aws.memoryMb" is 128.5'],
    ['more time than Lambda has', { timeoutSeconds: 901 }, '"aws.timeoutSeconds" is 901'],
    ['a duration in words', { timeoutSeconds: '1m' }, '"aws.timeoutSeconds" is "1m"'],
    ['permissions that are no list', { permissions: {} }, '"aws.permissions" is {}'],
    [
      'a permission that is none',
      { permissions: ['s3:GetObject'] },
      '"aws.permissions[0]" is "s3:GetObject"',
    ],
    [
      'no resources',
      { permissions: [{ actions: ['s3:GetObject'], resources: [] }] },
      '"aws.permissions[0].resources" is []',
    ],
    [
      'an action without its service',
      { permissions: [{ actions: ['GetObject'], resources: ['*'] }] },
      'has "GetObject", which is no IAM action',
    ],
    ['a variable that Lambda sets', { environment: { AWS_REGION: 'x' } }, 'sets "AWS_REGION"'],
    ['a variable that is none', { environment: { 'A-B': 'x' } }, 'sets "A-B"'],
    ['a number as a variable', { environment: { SIZE: 3 } }, '"aws.environment.SIZE" is 3'],
  ])('refuses %s', (_what, aws, reason) => {
    expect(refusal(aws).reason).toContain(reason);
    expect(refusal(aws).fix).not.toBe('');
  });
});

describe('the name of a task file', () => {
  test.each([
    ['resize.ts', 'resize'],
    ['crop.mjs', 'crop'],
    ['a.b.js', 'a.b'],
    ['resize.test.ts', undefined],
    ['types.d.ts', undefined],
    ['.hidden.ts', undefined],
    ['notes.md', undefined],
  ])('%s offers %s', (name, type) => {
    expect(typeOfFile(name)).toBe(type);
  });

  test("refuses the engine's own types and what can't be typed in a workflow", () => {
    expect(refuseType('map')?.reason).toContain('run by the engine');
    expect(refuseType('a b')?.reason).toContain("can't be the name");
    expect(refuseType('größe')).toBeUndefined();
  });
});
