/** Holdfast beside its durable peers: one process each, rounds interleaved, the same harness. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median, round } from '../statistics.ts';

const SCENARIOS = ['chain', 'fan', 'load'] as const;
type Scenario = (typeof SCENARIOS)[number];

interface Line {
  peer: string;
  version?: string;
  scenario?: Scenario;
  perSecond?: number;
  unavailable?: string;
  error?: string;
  durability?: string;
}

export interface Throughput {
  /** Median over the rounds, per second. */
  engines: Record<string, { version?: string; durability?: string } & Partial<Record<Scenario, number>>>;
  unavailable: Record<string, string>;
  /** Holdfast ÷ the best durable peer. */
  ratios: Partial<Record<Scenario, number>>;
}

/** A child that answers each scenario's name with one line. */
class Engine {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(args: string[]) {
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(scenario: Scenario): Promise<Line | undefined> {
    // A child that has ended has said why on the line it left.
    this.#child.stdin!.on('error', () => undefined);
    this.#child.stdin!.write(`${scenario}\n`);
    const { value, done } = await this.#lines.next();
    return done ? undefined : (JSON.parse(value) as Line);
  }

  async end(): Promise<void> {
    this.#child.stdin!.end();
    if (this.#child.exitCode === null) await new Promise((resolve) => this.#child.once('exit', resolve));
  }
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export async function benchThroughput(options: {
  rounds: number;
  warmUps: number;
  passes?: number;
  peers: boolean;
  say: (line: string) => void;
}): Promise<Throughput> {
  const passes = options.passes === undefined ? [] : [String(options.passes)];
  const engines = new Map([['holdfast', new Engine([path('holdfast.ts'), ...passes])]]);
  const passesOption = options.passes === undefined ? [] : ['--rounds', String(options.passes)];
  for (const peer of options.peers ? ['bullmq', 'restate', 'dbos'] : []) {
    engines.set(peer, new Engine([path('../peers/run.mjs'), 'serve', peer, ...passesOption]));
  }
  const rates = new Map<string, number[]>();
  const result: Throughput = { engines: {}, unavailable: {}, ratios: {} };
  // Everybody's first rounds warm up: compilers, caches, connections.
  for (let at = -options.warmUps; at < options.rounds; at++) {
    for (const scenario of SCENARIOS) {
      for (const [name, engine] of engines) {
        if (result.unavailable[name] !== undefined) continue;
        const line = await engine.ask(scenario);
        if (line?.perSecond === undefined) {
          result.unavailable[name] = line?.unavailable ?? line?.error ?? 'it ended without a word';
          options.say(`${name}: left out: ${result.unavailable[name]}`);
          continue;
        }
        const { version, durability, perSecond } = line;
        result.engines[name] = { ...result.engines[name], version, durability };
        const round = at < 0 ? 'warm-up' : `round ${at + 1}`;
        options.say(`${round.padEnd(8)} ${scenario.padEnd(6)} ${name.padEnd(9)} ${perSecond}/s`);
        if (at < 0) continue;
        rates.set(`${name}/${scenario}`, [...(rates.get(`${name}/${scenario}`) ?? []), perSecond]);
      }
    }
  }
  for (const engine of engines.values()) await engine.end();
  for (const scenario of SCENARIOS) {
    const rate = (name: string) => median(rates.get(`${name}/${scenario}`) ?? [0]);
    const names = Object.keys(result.engines).filter((name) => result.unavailable[name] === undefined);
    for (const name of names) result.engines[name]![scenario] = Math.round(rate(name));
    const best = Math.max(0, ...names.filter((name) => name !== 'holdfast').map(rate));
    if (best > 0) result.ratios[scenario] = round(rate('holdfast') / best, 2);
  }
  return result;
}
