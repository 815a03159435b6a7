/** What networks promise, part by part; each loads only what it needs, and skips with a reason what can't run here. */

export interface NetworkOptions {
  quick: boolean;
  say: (line: string) => void;
}

const PARTS: Record<string, (options: NetworkOptions) => Promise<unknown>> = {
  contacts: async (options) => (await import('./contacts.ts')).benchContacts(options),
  static: async (options) => (await import('./static.ts')).benchStatic(options),
  orbits: async (options) => (await import('./orbits.ts')).benchOrbits(options),
  bundles: async (options) => (await import('./bundles.ts')).benchBundles(options),
  queues: async (options) => (await import('./queues.ts')).benchQueues(options),
  delta: async (options) => (await import('./delta.ts')).benchDelta(options),
  failover: async (options) => (await import('./failover.ts')).benchFailover(options),
};

export const NETWORK_PARTS: readonly string[] = Object.keys(PARTS);

export async function benchNetwork(
  options: NetworkOptions & { only?: readonly string[] },
): Promise<Record<string, unknown>> {
  const { only = NETWORK_PARTS } = options;
  const results: Record<string, unknown> = {};
  for (const part of only) {
    options.say(`network: ${part}`);
    results[part] = await PARTS[part]!(options);
  }
  return results;
}
