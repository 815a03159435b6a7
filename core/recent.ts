/** Keeps at most so many values; the one whose use lies back the longest goes first. */
export class Recent<Key, Value> {
  readonly #most: number;
  readonly #values = new Map<Key, Value>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Getting it is a use. */
  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.#move(key, value);
    return value;
  }

  /** Returns the value. */
  set(key: Key, value: Value): Value {
    this.#move(key, value);
    if (this.#values.size > this.#most) this.#values.delete(this.#values.keys().next().value!);
    return value;
  }

  /** Forgets it, unless the key has another value by now. */
  forget(key: Key, value: Value): void {
    if (this.#values.get(key) === value) this.#values.delete(key);
  }

  #move(key: Key, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
  }
}

/** What is under way or done for a key; made where there is nothing, and forgotten when it fails. */
export function madeOnce<Key, Value>(
  kept: Recent<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = kept.get(key);
  if (known) return known;
  const made = kept.set(key, make());
  made.catch(() => kept.forget(key, made));
  return made;
}
