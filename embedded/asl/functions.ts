import { createHash } from 'node:crypto';
import type { Random } from '../../core/ports/random.ts';
import type { ExpressionFunction } from '../../core/expression/index.ts';

const rangeItemsMax = 1_000_000;
const algorithms: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/**
 * The functions that Step Functions adds to JSONata.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
export const stepFunctionsFunctions: Readonly<Record<string, ExpressionFunction>> = {
  partition: {
    signature: '<an:a>',
    call: ([array, size]) =>
      array === undefined ? undefined : partition(array as unknown[], size as number),
  },
  range: {
    signature: '<nnn:a>',
    call: ([first, last, step]) => range(first as number, last as number, step as number),
  },
  hash: {
    signature: '<ss?:s>',
    call: ([text, algorithm]) =>
      text === undefined ? undefined : hash(text as string, (algorithm as string | undefined) ?? 'SHA-256'),
  },
  random: {
    signature: '<n?:n>',
    call: ([seed], { random }) => (seed === undefined ? random!() : seededRandom(seed as number)),
  },
  uuid: { signature: '<:s>', call: (_args, { random }) => uuid({ next: random! }) },
  parse: {
    signature: '<s:x>',
    call: ([text]) => (text === undefined ? undefined : JSON.parse(text as string)),
  },
};

function partition(array: unknown[], size: number): unknown[][] {
  if (!Number.isInteger(size) || size < 1)
    throw new FunctionError('partition', `a size of ${size}`, 'a whole number above 0');
  const chunks: unknown[][] = [];
  for (let start = 0; start < array.length; start += size) chunks.push(array.slice(start, start + size));
  return chunks;
}

function range(first: number, last: number, step: number): number[] {
  const count = Math.floor((last - first) / step) + 1;
  if (step === 0 || Number.isNaN(count))
    throw new FunctionError('range', `a step of ${step}`, 'a number other than 0');
  if (count > rangeItemsMax) throw new FunctionError('range', `${count} items`, `at most ${rangeItemsMax}`);
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * step);
}

function hash(text: string, algorithm: string): string {
  const name = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
  if (name === undefined) throw new FunctionError('hash', algorithm, Object.keys(algorithms).join(', '));
  return createHash(name).update(text).digest('hex');
}

const multiplier = 0x5deece66dn;
const mask = (1n << 48n) - 1n;

/** The first double of a 48-bit linear congruential generator (`java.util.Random`): the same for the same seed. */
function seededRandom(seed: number): number {
  if (!Number.isFinite(seed)) throw new FunctionError('random', `the seed ${seed}`, 'a whole number');
  let state = (BigInt(Math.trunc(seed)) ^ multiplier) & mask;
  const bits = (count: bigint): bigint => {
    state = (state * multiplier + 0xbn) & mask;
    return state >> (48n - count);
  };
  const high = bits(26n);
  return Number((high << 27n) + bits(27n)) / 2 ** 53;
}

/** A version 4 UUID from the given source of randomness. */
export function uuid(random: Random): string {
  const bytes = Array.from({ length: 16 }, () => Math.floor(random.next() * 256));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

class FunctionError extends Error {
  override readonly name = 'FunctionError';

  constructor(functionName: string, came: string, wanted: string) {
    super(`$${functionName} was given ${came}; it takes ${wanted}`);
  }
}
