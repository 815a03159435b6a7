import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { runStates } from './support.ts';

const fail = async (fields: JsonObject) =>
  (await runStates({ S: { Type: 'Fail', ...fields } }, { input: { why: 'w', n: 1 } })).result;

describe('a Fail state', () => {
  it('fails with its Error and Cause', async () => {
    expect(await fail({ Error: 'E', Cause: 'C' })).toEqual({ status: 'FAILED', error: 'E', cause: 'C' });
    expect(await fail({ Error: '{% $states.input.why %}', Cause: "{% 'was ' & $states.input.n %}" })).toEqual(
      {
        status: 'FAILED',
        error: 'w',
        cause: 'was 1',
      },
    );
  });

  it('fails without either', async () => {
    expect(await fail({})).toEqual({ status: 'FAILED' });
  });

  it('fails with States.QueryEvaluationError where Error is no string', async () => {
    expect((await fail({ Error: '{% $states.input.n %}' })).error).toBe('States.QueryEvaluationError');
  });

  it('can be caught outside a branch', async () => {
    const { result } = await runStates({
      S: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'E', Cause: 'C' } } }],
        Catch: [{ ErrorEquals: ['E'], Next: 'T' }],
        End: true,
      },
      T: { Type: 'Succeed' },
    });
    expect(result.output).toEqual({ Error: 'E', Cause: 'C' });
  });
});
