import { describe, expect, test } from 'vitest';
import { failure, isTransient } from '../../../adapters/aws/failures.ts';
import { StoreUnavailable } from '../../../core/errors.ts';

const error = (name: string, more: object = {}) => Object.assign(new Error('no'), { name, ...more });
const answered = (name: string, httpStatusCode: number) => error(name, { $metadata: { httpStatusCode } });

describe('a failed call of AWS', () => {
  test.each([
    answered('ThrottlingException', 400),
    answered('KmsThrottled', 400),
    answered('TooManyRequestsException', 429),
    answered('LimitExceededException', 429),
    answered('ExecutionLimitExceeded', 400),
    answered('ProvisionedThroughputExceededException', 400),
    answered('ServiceUnavailableException', 503),
    error('TimeoutError'),
    error('Error', { code: 'ECONNRESET' }),
    error('Error', { code: 'ENOTFOUND' }),
  ])('may succeed later: %s', (thrown) => {
    expect(isTransient(thrown)).toBe(true);
    expect(failure(thrown, 'It did not work')).toBeInstanceOf(StoreUnavailable);
    expect(failure(thrown, 'It did not work')).toMatchObject({ cause: thrown });
  });

  test.each([
    answered('AccessDeniedException', 403),
    answered('ValidationException', 400),
    answered('LimitExceededException', 410),
    error('CredentialsProviderError'),
    error('TypeError'),
    undefined,
  ])('does not succeed by itself, and stays what it is: %s', (thrown) => {
    expect(isTransient(thrown)).toBe(false);
    expect(failure(thrown, 'It did not work')).toBe(thrown);
  });
});
