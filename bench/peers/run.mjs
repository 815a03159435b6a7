import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as bullmq from './bullmq.mjs';
import * as dbos from './dbos.mjs';
import { chooseDirectory, Sandbox } from './lib/sandbox.mjs';
import { measure, scenarios, warmUp } from './lib/scenarios.mjs';
import * as restate from './restate.mjs';

const USAGE = `usage: node bench/peers/run.mjs list
       node bench/peers/run.mjs PEER SCENARIO [--rounds N] [--dir DIRECTORY]
       node bench/peers/run.mjs serve PEER [--rounds N] [--dir DIRECTORY]   scenario names on standard input
peers: bullmq, restate, dbos; scenarios: chain, fan, load`;
const UNAVAILABLE = 3;
const CLOSE_MS_MAX = 5000;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
const peers = new Map([bullmq, restate, dbos].map((peer) => [peer.name, peer]));

let abortCode;

class UsageError extends Error {}

function print(value) {
  if (abortCode !== undefined) return;
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function list() {
  for (const peer of peers.values()) {
    try {
      print({ peer: peer.name, available: true, version: peer.version(), durability: peer.durability });
    } catch (error) {
      print({ peer: peer.name, available: false, reason: error.message });
    }
  }
  return 0;
}

/** Ends the servers under their clients' feet, whose complaints about that are of no interest. */
function abort(sandbox, code) {
  if (abortCode !== undefined) return;
  abortCode = code;
  process.on('uncaughtException', () => {});
  void sandbox.close().finally(() => process.exit(code));
}

/** Sets a peer up in a sandbox of its own, hands it to `use`, and takes it down again whatever happens. */
async function withPeer(peer, directory, use) {
  const sandbox = new Sandbox(directory, peer.name);
  for (const [signal, number] of Object.entries(SIGNALS))
    process.on(signal, () => abort(sandbox, 128 + number));
  process.stdout.on('error', () => abort(sandbox, 1));
  try {
    const session = await peer.open(sandbox).catch((error) => {
      print({ peer: peer.name, unavailable: error.message });
    });
    if (!session) return UNAVAILABLE;
    const code = await use(session, sandbox.failure);
    await Promise.race([session.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_MS_MAX))]);
    return code;
  } finally {
    await sandbox.close();
  }
}

/** Measures scenarios on one peer, warming each up the first time; prints a line for each. `failure` rejects when the
 * peer's server ends too early. */
function reporter(peer, session, failure, rounds) {
  const about = { peer: peer.name, version: peer.version() };
  const warm = new Set();
  return async (scenario) => {
    try {
      if (!Object.hasOwn(scenarios, scenario))
        throw new UsageError(
          `unknown scenario "${scenario}"; there are ${Object.keys(scenarios).join(', ')}`,
        );
      if (!warm.has(scenario)) await Promise.race([warmUp(session, scenario), failure]);
      warm.add(scenario);
      const result = await Promise.race([measure(session, scenario, rounds), failure]);
      print({ ...about, scenario, ...result, durability: peer.durability });
      return 0;
    } catch (error) {
      print({ ...about, scenario, error: error.message });
      return 1;
    }
  };
}

async function serve(report) {
  let code = 0;
  for await (const line of createInterface({ input: process.stdin }))
    if (line.trim()) code = Math.max(code, await report(line.trim()));
  return code;
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, dir: { type: 'string' } },
  });
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new UsageError(`--rounds takes a whole number from 1, not "${values.rounds}"`);
  const [first, second] = positionals;
  if (first === 'list') return list();
  const isServing = first === 'serve';
  const peer = peers.get(isServing ? second : first);
  if (!peer || (!isServing && !Object.hasOwn(scenarios, second ?? '')))
    throw new UsageError(`unknown command "${positionals.join(' ')}"`);
  try {
    peer.version();
  } catch (error) {
    print({ peer: peer.name, unavailable: error.message });
    return UNAVAILABLE;
  }
  return withPeer(peer, chooseDirectory(values.dir), (session, failure) => {
    const report = reporter(peer, session, failure, rounds);
    return isServing ? serve(report) : report(second);
  });
}

// The peers' own deprecation warnings are not this bench's to report.
process.noDeprecation = true;
try {
  const code = await main();
  process.exit(abortCode ?? code);
} catch (error) {
  const isUsage = error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(isUsage ? `${error.message}\n${USAGE}` : error.message);
  process.exit(abortCode ?? (isUsage ? 2 : 1));
}
