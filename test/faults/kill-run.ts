/** Kills a loaded host at random instants, starts it again each time, and then holds it to its word. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { httpTo } from '../e2e/http.ts';
import { type Clients, startClients } from './clients.ts';
import { type HostProcess, spawnHost } from './host.ts';
import { verify } from './verify.ts';
import { CASES } from './workload.ts';

export interface KillOptions {
  kills: number;
  seed: number;
  /** Told after each kill. */
  onKill?: (kills: number) => void;
}

export interface KillReport {
  kills: number;
  /** Children included. */
  executions: number;
  acknowledged: number;
  ended: number;
  effectsTwice: number;
  completedRunAgain: number;
  lostAcknowledgements: number;
  seconds: number;
  /** Kills before the host said that it was ready. */
  killsAtStart: number;
  violations: string[];
  /** Kept when there were violations: the store, and what the handlers did. */
  evidence?: string;
}

const CLIENTS = 6;
const KILLED_WHILE_STARTING = 0.2;
const LIVED_MS = [5, 300] as const;
const END_PATIENCE_MS = 120_000;

export async function killRepeatedly(options: KillOptions): Promise<KillReport> {
  const startedMs = Date.now();
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-kill-'));
  const where = { dataDir: join(dir, 'data'), traceDir: dir };
  const hosts = new Hosts(() => spawnHost(where));
  let clients: Clients | undefined;
  try {
    await hosts.ready();
    const startupMs = Date.now() - startedMs;
    for (const { definition } of CASES) await httpTo(hosts.url).post('/workflows', definition);
    clients = startClients(CLIENTS, () => hosts.url, new SeededRandom(options.seed + 1));
    const killsAtStart = await kill(hosts, options, startupMs);
    await hosts.ready();
    await clients.stop();
    await untilEnded(hosts.url);
    const verdict = await verify(hosts.url, dir, clients.acknowledged);
    await hosts.end('SIGTERM');
    const violations = [...hosts.complaints, ...clients.violations, ...verdict.violations];
    if (violations.length === 0) await rm(dir, { recursive: true });
    return {
      kills: options.kills,
      executions: verdict.executions,
      acknowledged: clients.acknowledged.length,
      ended: verdict.ended,
      effectsTwice: verdict.effectsTwice,
      completedRunAgain: verdict.completedRunAgain,
      lostAcknowledgements: verdict.lostAcknowledgements,
      seconds: Math.round((Date.now() - startedMs) / 100) / 10,
      killsAtStart,
      violations,
      ...(violations.length > 0 && { evidence: dir }),
    };
  } finally {
    clients?.abandon();
    await hosts.end('SIGKILL');
  }
}

/** Kills the host as often as it is told, and leaves it starting. Returns how many kills came before it was ready. */
async function kill(hosts: Hosts, { kills, seed, onKill }: KillOptions, startupMs: number): Promise<number> {
  const random = new SeededRandom(seed);
  let killsAtStart = 0;
  for (let done = 1; done <= kills; done++) {
    if (done > 1 && random.next() < KILLED_WHILE_STARTING) {
      killsAtStart++;
      await sleep(random.between(0, startupMs));
    } else {
      await hosts.ready();
      await sleep(random.between(...LIVED_MS));
    }
    await hosts.restart();
    onKill?.(done);
  }
  return killsAtStart;
}

/** One host after another on the same data. */
class Hosts {
  /** Where the last one that was ready listens. */
  url = 'http://127.0.0.1:9';
  /** What they wrote to standard error. */
  readonly complaints: string[] = [];
  readonly #spawn: () => HostProcess;
  #current: HostProcess;

  constructor(spawn: () => HostProcess) {
    this.#spawn = spawn;
    this.#current = spawn();
  }

  async ready(): Promise<void> {
    this.url = await this.#current.ready;
  }

  async restart(): Promise<void> {
    await this.end('SIGKILL');
    this.#current = this.#spawn();
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.#current.kill(signal);
    const said = this.#current.errors().trim();
    if (said !== '') this.complaints.push(`a host wrote to standard error: ${said}`);
  }
}

/** Waits until nothing is open any more; whatever still is when patience ends, `verify` reports. */
async function untilEnded(url: string): Promise<void> {
  const deadlineMs = Date.now() + END_PATIENCE_MS;
  for (;;) {
    const { body } = await httpTo(url).get('/executions?status=QUEUED,RUNNING,PAUSED&limit=1');
    if (body.items.length === 0 || Date.now() > deadlineMs) return;
    await sleep(50);
  }
}
