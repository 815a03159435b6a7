const maxDepth = 200;

/** A value that JSON can't hold; `message` says what came. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

/**
 * The JSON value of an evaluator's result: JSONata's sequences become arrays, its prototype-less objects
 * ordinary ones. Parts that are plain already are shared, not copied.
 */
export function toPlain(value: unknown, depth = 0): unknown {
  if (typeof value === 'function') throw new NotJson('it gave a function; call it, as in `$f(x)`');
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new NotJson(`it gave ${value}, which JSON can't hold`);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) throw new NotJson(`it gave a value nested deeper than ${maxDepth}`);
  return Array.isArray(value)
    ? plainArray(value, depth)
    : plainObject(value as Record<string, unknown>, depth);
}

function plainArray(value: unknown[], depth: number): unknown[] {
  let copy: unknown[] | undefined = 'sequence' in value || 'cons' in value ? Array.from(value) : undefined;
  for (let index = 0; index < value.length; index++) {
    // A group of a regular expression that matched nothing.
    const item = value[index] === undefined ? null : toPlain(value[index], depth + 1);
    if (item !== value[index]) (copy ??= Array.from(value))[index] = item;
  }
  return copy ?? value;
}

function plainObject(value: Record<string, unknown>, depth: number): Record<string, unknown> {
  if (value._jsonata_function === true || value._jsonata_lambda === true)
    throw new NotJson('it gave a function; call it, as in `$f(x)`');
  let copy: Record<string, unknown> | undefined = Object.getPrototypeOf(value) === null ? {} : undefined;
  for (const key of Object.keys(value)) {
    const item = toPlain(value[key], depth + 1);
    if (copy === undefined && item !== value[key]) copy = { ...value };
    if (copy === undefined) continue;
    if (key === '__proto__') throw new NotJson('it gave an object with the key `__proto__`');
    copy[key] = item;
  }
  return copy ?? value;
}
