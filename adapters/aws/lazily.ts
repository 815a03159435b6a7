/** Makes something when it is first asked for: a fault of its settings fails that call with its message, not the start. */
export function lazily<Made>(make: () => Made): () => Made {
  let made: { value: Made } | undefined;
  return () => (made ??= { value: make() }).value;
}

type Methods<Port> = { [Name in keyof Port]: (...given: never[]) => Promise<unknown> };

/** A port whose code is loaded by the first call of one of its methods, and not when the function starts. */
export function later<Port extends Methods<Port>>(
  methods: Readonly<Record<keyof Port, true>>,
  load: () => Promise<Port>,
): Port {
  const names = Object.keys(methods) as (keyof Port)[];
  const calls = names.map((name) => [name, async (...given: never[]) => (await load())[name](...given)]);
  return Object.fromEntries(calls) as Port;
}
