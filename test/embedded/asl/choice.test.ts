import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { runStates } from './support.ts';

const report = {
  Type: 'Pass',
  Output: { in: '{% $states.input %}', band: "{% $exists($band) ? $band : 'none' %}" },
  End: true,
};
const states: JsonObject = {
  Choose: {
    Type: 'Choice',
    Choices: [
      { Condition: "{% $states.input.type = 'plain' %}", Next: 'A' },
      {
        Condition: '{% $states.input.n > 10 %}',
        Assign: { band: 'high' },
        Output: '{% $states.input.n %}',
        Next: 'B',
      },
      { Condition: "{% $contains($string($states.input.n), '7') %}", Next: 'C' },
    ],
    Default: 'D',
    Assign: { band: 'default' },
    Output: 'default',
  },
  A: report,
  B: report,
  C: report,
  D: report,
};

describe('a Choice state', () => {
  it('takes the first rule that holds', async () => {
    const { result } = await runStates(states, { input: { type: 'plain', n: 20 } });
    expect(result.output).toEqual({ in: { type: 'plain', n: 20 }, band: 'none' });
  });

  it("uses the rule's Output and Assign", async () => {
    const { result } = await runStates(states, { input: { type: 'x', n: 11 } });
    expect(result.output).toEqual({ in: 11, band: 'high' });
  });

  it('passes its input on where the rule has no Output, whatever the state has', async () => {
    const { result } = await runStates(states, { input: { type: 'x', n: 7 } });
    expect(result.output).toEqual({ in: { type: 'x', n: 7 }, band: 'none' });
  });

  it("uses the state's own Output and Assign for Default", async () => {
    const { result } = await runStates(states, { input: { type: 'x', n: 8 } });
    expect(result.output).toEqual({ in: 'default', band: 'default' });
  });

  it('takes a literal condition', async () => {
    const { result } = await runStates({
      S: { Type: 'Choice', Choices: [{ Condition: true, Next: 'T' }] },
      T: { Type: 'Succeed' },
    });
    expect(result.status).toBe('SUCCEEDED');
  });

  it('fails with States.Runtime, as the service does, without a Default', async () => {
    const { result } = await runStates({
      S: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'T' }] },
      T: { Type: 'Succeed' },
    });
    expect(result.error).toBe('States.Runtime');
    expect(result.cause).toBe(
      "An error occurred while executing the state 'S' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.",
    );
  });

  it.each([
    ['{% $states.input.n %}', "Expected 'boolean', but was 'number' for value: 1"],
    ['{% $states.input.missing > 1 %}', 'returned nothing (undefined)'],
  ])('fails where the condition %s is no boolean', async (condition, cause) => {
    const { result } = await runStates(
      { S: { Type: 'Choice', Choices: [{ Condition: condition, Next: 'T' }] }, T: { Type: 'Succeed' } },
      { input: { n: 1 } },
    );
    expect(result.error).toBe('States.QueryEvaluationError');
    expect(result.cause).toContain(cause);
    expect(result.cause).toContain('Choices[0]/Condition');
  });
});
