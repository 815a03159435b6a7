import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { executionName } from '../../../adapters/aws/dispatcher.ts';
import { fitName } from '../../../adapters/aws/fit-name.ts';
import { taskName } from '../../../core/execution/steps.ts';

const RULES = { lengthMax: 80, forbidden: /[^0-9A-Za-z_-]/g };
const ID = 'ex_01JD7ZK3V6M9Q2X8T4B5N0RSWC';

describe('a fitted name', () => {
  test('is itself where it fits', () => {
    expect(fitName(`${ID}-resize`, RULES)).toBe(`${ID}-resize`);
  });

  test('begins readable and ends in a hash where it does not', () => {
    expect(fitName(`${ID}/resize/2`, RULES)).toMatch(new RegExp(`^${ID}-resize-2-[0-9a-f]{32}$`));
  });

  test('keeps to the length and the characters, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        expect(fitName(name, RULES)).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
      }),
    );
  });

  test('is the same for the same name and another for another', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', '-', '/', '_', 'é', ' ', '.', 'x'.repeat(40)), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(
          parts.map((some) => some.join('')),
          { minLength: 2 },
        ),
        (names) => {
          const fitted = names.map((name) => fitName(name, RULES));
          expect(new Set(fitted).size).toBe(names.length);
          expect(names.map((name) => fitName(name, RULES))).toEqual(fitted);
        },
      ),
    );
  });

  test('is no other name that looks like it', () => {
    const fitted = fitName('a/b', RULES);
    expect(fitName(fitted, RULES)).not.toBe(fitted);
  });
});

describe('the name of an execution', () => {
  test('of a workflow is always the same', () => {
    const name = `${ID}/1`;
    expect(executionName('workflow', name)).toBe(executionName('workflow', name));
  });

  test.each(['task', 'long'] as const)(
    'of %s is another each time, so that no start is swallowed',
    (machine) => {
      const name = taskName(ID, 'resize');
      expect(executionName(machine, name)).not.toBe(executionName(machine, name));
      expect(executionName(machine, name)).toMatch(new RegExp(`^${ID}-resize-[0-9A-Za-z_-]+$`));
      expect(executionName(machine, name).length).toBeLessThanOrEqual(80);
    },
  );
});
