import { expect, test } from 'vitest';
import { compileExpression, ExpressionSyntaxError } from '../../../core/expression/index.ts';
import { isLinearRegexLoaded } from '../../../core/linear-regex.ts';

test("loads what regular expressions need when one is first evaluated, and refuses then what it can't match", async () => {
  expect(await compileExpression('$contains(a, "x")').evaluate({ a: 'xy' })).toBe(true);
  expect(isLinearRegexLoaded()).toBe(false);

  const backtracking = compileExpression('$match(a, /(?=x)/)');
  const linear = compileExpression('$contains(a, /^(a+)+$/)');
  expect(isLinearRegexLoaded()).toBe(false);

  await expect(backtracking.evaluate({ a: 'x' })).rejects.toThrow(ExpressionSyntaxError);
  await expect(backtracking.evaluate({ a: 'x' })).rejects.toThrow('linear time');
  expect(await linear.evaluate({ a: `${'a'.repeat(10_000)}!` })).toBe(false);
  expect(() => compileExpression('$match(b, /(?=x)/)')).toThrow('linear time');
});
