import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { issuesOf, definition, runStates } from './support.ts';

const wait = (fields: JsonObject, input: JsonValue = {}) =>
  runStates({ S: { Type: 'Wait', ...fields, End: true } }, { input });

describe('a Wait state', () => {
  it('waits the seconds that it says', async () => {
    expect((await wait({ Seconds: 10 })).tookMs).toBe(10_000);
    expect((await wait({ Seconds: '{% $states.input.n * 2 %}' }, { n: 3 })).tookMs).toBe(6000);
    expect((await wait({ Seconds: 0 })).tookMs).toBe(0);
  });

  it('waits until a time, in any offset', async () => {
    expect((await wait({ Timestamp: '2026-11-21T08:01:00Z' })).tookMs).toBe(60_000);
    expect(
      (await wait({ Timestamp: '{% $states.input.at %}' }, { at: '2026-11-21T09:00:30.5+01:00' })).tookMs,
    ).toBe(30_500);
  });

  it('goes on at once when the time is past', async () => {
    expect((await wait({ Timestamp: '2020-01-01T00:00:00Z' })).tookMs).toBe(0);
  });

  it('passes its input through, or gives its Output and assigns', async () => {
    expect((await wait({ Seconds: 1 }, { a: 1 })).result.output).toEqual({ a: 1 });
    const { result } = await runStates({
      S: { Type: 'Wait', Seconds: 1, Output: 'x', Assign: { v: 'y' }, Next: 'T' },
      T: { Type: 'Succeed', Output: '{% $states.input & $v %}' },
    });
    expect(result.output).toBe('xy');
  });

  it.each([
    [{ Seconds: '{% $states.input.s %}' }, -1],
    [{ Seconds: '{% $states.input.s %}' }, 1.5],
    [{ Seconds: '{% $states.input.s %}' }, '5'],
    [{ Timestamp: '{% $states.input.s %}' }, 'tomorrow'],
    [{ Timestamp: '{% $states.input.s %}' }, '2026-11-21 08:00:00'],
    [{ Timestamp: '{% $states.input.s %}' }, 12],
  ])('fails for %j of %j', async (fields, value) => {
    expect((await wait(fields, { s: value })).result.error).toBe('States.QueryEvaluationError');
  });

  it('refuses neither, both, and literals that are not such', () => {
    const issues = (fields: JsonObject) =>
      issuesOf(definition({ S: { Type: 'Wait', ...fields, End: true } }));
    expect(issues({})).toEqual(['States.S: it has neither Seconds nor Timestamp']);
    expect(issues({ Seconds: 1, Timestamp: '2026-11-21T08:00:00Z' })[0]).toContain('both');
    expect(issues({ Seconds: -1 })).toEqual(['States.S.Seconds: Seconds is -1']);
    expect(issues({ Timestamp: '2026-11-21' })[0]).toContain('States.S.Timestamp');
  });
});
