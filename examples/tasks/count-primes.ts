/**
 * Counts the primes up to `limit`, one chunk at a time, and saves its progress after each. `failAfterChunks` makes the first
 * attempts fail, the n-th after so many chunks of its own, to show what healing does. Output: `{primes, attempt, chunks, resumedAt}`.
 */
import type { JsonObject } from '../../core/json.ts';
import type { TaskContext } from '../../core/task/handler.ts';

export interface CountPrimesInput {
  limit: number;
  chunk?: number;
  failAfterChunks?: number[];
}

type Progress = { next: number; primes: number };

export const inputSchema = {
  type: 'object',
  required: ['limit'],
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 2, maximum: 10_000_000 },
    chunk: { type: 'integer', minimum: 1, default: 10_000 },
    failAfterChunks: { type: 'array', items: { type: 'integer', minimum: 0 } },
  },
};

export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

export async function handler(input: CountPrimesInput, context: TaskContext): Promise<JsonObject> {
  const { limit, chunk = 10_000, failAfterChunks = [] } = input;
  const start = (await context.checkpoint.load<Progress>()) ?? { next: 2, primes: 0 };
  let { next, primes } = start;
  let chunks = 0;
  while (next <= limit) {
    if (chunks === failAfterChunks[context.attempt - 1])
      throw new PowerCut(`The power failed at ${next}, as the input asked; progress is saved.`);
    context.signal.throwIfAborted();
    const end = Math.min(next + chunk, limit + 1);
    primes += primesIn(next, end);
    next = end;
    chunks++;
    await context.checkpoint.save({ next, primes } satisfies Progress);
    context.heartbeat();
  }
  return { primes, attempt: context.attempt, chunks, resumedAt: start.next };
}

/** How many primes are in `[from, to)`; a sieve of Eratosthenes over just these numbers. */
function primesIn(from: number, to: number): number {
  const isComposite = new Uint8Array(to - from);
  for (let factor = 2; factor * factor < to; factor++) {
    const first = Math.max(factor * factor, Math.ceil(from / factor) * factor);
    for (let multiple = first; multiple < to; multiple += factor) isComposite[multiple - from] = 1;
  }
  return isComposite.reduce((count, composite) => count + (composite ? 0 : 1), 0);
}
