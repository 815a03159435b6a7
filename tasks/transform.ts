/** Evaluates a JSONata expression over `data`. Output: what the expression gives, null for nothing. */
import { compileExpression, ExpressionError, ExpressionSyntaxError } from '../core/expression/index.ts';
import type { JsonValue } from '../core/json.ts';
import { PermanentFailure } from '../core/task/handler.ts';

export interface TransformInput {
  expression: string;
  data?: JsonValue;
}

export const inputSchema = {
  type: 'object',
  required: ['expression'],
  additionalProperties: false,
  properties: {
    expression: { type: 'string', minLength: 1 },
    data: { default: {} },
  },
};

/** The expression can't be parsed, or fails on this data: no retry mends it. */
export class TransformFailed extends PermanentFailure {
  override readonly name = 'TransformFailed';
}

export async function handler({ expression, data = {} }: TransformInput): Promise<JsonValue> {
  try {
    return ((await compileExpression(expression).evaluate(data)) ?? null) as JsonValue;
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof ExpressionSyntaxError)
      throw new TransformFailed(`${error.message} ${error.fix}`, { cause: error });
    throw error;
  }
}
