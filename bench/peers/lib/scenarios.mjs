const TASKS = 100;
const CLIENTS = 50;
const CHAINS_PER_CLIENT = 4;
const STEPS_PER_CHAIN = 20;
const PASS_TIMEOUT_MS = 180_000;

/** `steps` no-op steps a pass, how many passes warm a fresh peer up, and how many passes one result is the median of. */
export const scenarios = {
  chain: { steps: TASKS, warmUps: 5, rounds: 7, pass: (peer) => peer.chain(TASKS) },
  fan: { steps: TASKS, warmUps: 15, rounds: 7, pass: (peer) => peer.fan(TASKS) },
  load: { steps: CLIENTS * CHAINS_PER_CLIENT * STEPS_PER_CHAIN, warmUps: 2, rounds: 3, pass: load },
};

/** 50 clients at once; each starts its next chain when the one before has ended. */
async function load(peer) {
  const client = async () => {
    for (let index = 0; index < CHAINS_PER_CLIENT; index += 1) await peer.chainUnderLoad(STEPS_PER_CHAIN);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Runs a scenario once; resolves to its duration. Rejects unless every step ran. */
async function pass(peer, { steps, pass: run }) {
  const before = peer.stepsRun();
  const startMs = performance.now();
  await withTimeout(run(peer));
  const elapsedMs = performance.now() - startMs;
  const ran = peer.stepsRun() - before;
  if (ran < steps) throw new Error(`only ${ran} of ${steps} steps ran`);
  return elapsedMs;
}

export async function warmUp(peer, name) {
  for (let index = 0; index < scenarios[name].warmUps; index += 1) await pass(peer, scenarios[name]);
}

/**
 * Measures a scenario over `rounds` passes.
 * @returns {Promise<{perSecond: number, steps: number, elapsedMs: number, rounds: number[]}>} the median pass, and the
 *   rate of every pass in the order they ran
 */
export async function measure(peer, name, rounds = scenarios[name].rounds) {
  const { steps } = scenarios[name];
  const durationsMs = [];
  for (let index = 0; index < rounds; index += 1) durationsMs.push(await pass(peer, scenarios[name]));
  const elapsedMs = median(durationsMs);
  const rate = (durationMs) => Math.round((steps / durationMs) * 1000);
  return {
    perSecond: rate(elapsedMs),
    steps,
    elapsedMs: Number(elapsedMs.toFixed(1)),
    rounds: durationsMs.map(rate),
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function withTimeout(promise) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${PASS_TIMEOUT_MS} ms`)), PASS_TIMEOUT_MS);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
