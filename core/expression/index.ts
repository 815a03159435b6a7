export { compileCondition, compileExpression, type Expression, type ExpressionOptions } from './compile.ts';
export { ExpressionError, ExpressionSyntaxError } from './errors.ts';
export { type Piece, splitText } from './places.ts';
export { type Ambient, type ExpressionFunction, expressionLimits } from './sandbox.ts';
export { compileTemplate, type Template } from './template.ts';
