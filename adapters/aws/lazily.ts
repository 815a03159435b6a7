/** Makes something when it is first asked for: a fault of its settings fails that call with its message, not the start. */
export function lazily<Made>(make: () => Made): () => Made {
  let made: { value: Made } | undefined;
  return () => (made ??= { value: make() }).value;
}
