import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { definition, failure, issuesOf, runStates, task } from './support.ts';

const branch = (states: JsonObject): JsonObject => ({ StartAt: Object.keys(states)[0]!, States: states });

describe('a Parallel state', () => {
  it('runs its branches at once and gives their outputs in order', async () => {
    const { result, tookMs } = await runStates(
      {
        S: {
          Type: 'Parallel',
          Branches: [
            branch({ A: { Type: 'Wait', Seconds: 3, Output: 'a', End: true } }),
            branch({ B: { Type: 'Wait', Seconds: 1, Output: 'b', End: true } }),
            branch({ C: { Type: 'Succeed' } }),
          ],
          Arguments: { got: '{% $states.input.n %}' },
          Output: '{% $append($states.result, $states.input.n) %}',
          End: true,
        },
      },
      { input: { n: 1 } },
    );
    expect(result.output).toEqual(['a', 'b', { got: 1 }, 1]);
    expect(tookMs).toBe(3000);
  });

  it('fails with the first failure and stops the other branches', async () => {
    const signals: AbortSignal[] = [];
    const { result, tookMs } = await runStates(
      {
        S: {
          Type: 'Parallel',
          Branches: [
            branch({
              W: { Type: 'Wait', Seconds: 2, Next: 'F' },
              F: { Type: 'Fail', Error: 'E', Cause: 'C' },
            }),
            branch({ L: { Type: 'Wait', Seconds: 100, Next: 'N' }, N: { ...task, End: true } }),
            branch({ T: { ...task, Arguments: 'hangs', TimeoutSeconds: 60, End: true } }),
          ],
          End: true,
        },
      },
      {
        invoke(call) {
          signals.push(call.signal);
          return new Promise(() => undefined);
        },
      },
    );
    expect(result).toEqual({ status: 'FAILED', error: 'E', cause: 'C' });
    expect(tookMs).toBe(2000);
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  it('retries all of its branches', async () => {
    let failures = 2;
    const { result, calls } = await runStates(
      {
        S: {
          Type: 'Parallel',
          Branches: [
            branch({ A: { ...task, Arguments: 'a', End: true } }),
            branch({ B: { ...task, Arguments: 'b', End: true } }),
          ],
          Retry: [{ ErrorEquals: ['E'] }],
          End: true,
        },
      },
      {
        invoke(call) {
          if (call.arguments === 'b' && failures-- > 0) throw failure('E');
          return call.arguments;
        },
      },
    );
    expect(result.output).toEqual(['a', 'b']);
    expect(calls.map((call) => call.arguments)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('lets branches read outer variables and keeps theirs from each other and from outside', async () => {
    const inner = (name: string, value: number): JsonObject =>
      branch({
        [`Set${name}`]: { Type: 'Pass', Assign: { mine: value }, Next: `Get${name}` },
        [`Get${name}`]: { Type: 'Pass', Output: '{% $outer + $mine %}', End: true },
      });
    const { result } = await runStates({
      First: { Type: 'Pass', Assign: { outer: 10 }, Next: 'S' },
      S: {
        Type: 'Parallel',
        Branches: [inner('A', 1), inner('B', 2)],
        Assign: { outer: '{% $states.result %}' },
        Next: 'Last',
      },
      Last: { Type: 'Pass', Output: { outer: '{% $outer %}', leaked: '{% $exists($mine) %}' }, End: true },
    });
    expect(result.output).toEqual({ outer: [11, 12], leaked: false });
  });

  it('refuses a branch that assigns to a variable of an outer scope', () => {
    const issues = issuesOf(
      definition({
        First: { Type: 'Pass', Assign: { x: 1 }, Next: 'S' },
        S: {
          Type: 'Parallel',
          Branches: [branch({ A: { Type: 'Pass', Assign: { x: 2 }, End: true } })],
          End: true,
        },
      }),
    );
    expect(issues).toEqual(['States.S.Branches[0].States.A.Assign.x: x is a variable of an outer scope']);
  });
});
