/** Does nothing; its output is its input. */
import type { JsonValue } from '../core/json.ts';

export const inputSchema = {};

export const handler = (input: JsonValue): JsonValue => input;
