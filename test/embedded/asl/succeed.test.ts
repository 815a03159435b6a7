import { describe, expect, it } from 'vitest';
import { definition, issuesOf, outputOf } from './support.ts';

describe('a Succeed state', () => {
  it('ends with its input, or with its Output', async () => {
    expect(await outputOf({ Type: 'Succeed' }, { a: 1 })).toEqual({ a: 1 });
    expect(await outputOf({ Type: 'Succeed', Output: '{% $states.input.a %}' }, { a: 1 })).toBe(1);
  });

  it('refuses what it cannot have', () => {
    expect(issuesOf(definition({ S: { Type: 'Succeed', End: true, Assign: { a: 1 } } }))).toEqual([
      "States.S.End: End isn't a field here",
      "States.S.Assign: Assign isn't a field here",
    ]);
  });
});
