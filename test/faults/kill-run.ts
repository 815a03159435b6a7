/** Kills a loaded host at random instants, starts it again each time, and then holds it to its word. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpTo } from '../e2e/http.ts';
import { startClients } from './clients.ts';
import { spawnHost } from './host.ts';
import { seeded } from './random.ts';
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

export async function killRepeatedly({ kills, seed, onKill }: KillOptions): Promise<KillReport> {
  const startedMs = Date.now();
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-kill-'));
  const where = { dataDir: join(dir, 'data'), traceDir: dir };
  const random = seeded(seed);

  let host = spawnHost(where);
  const firstSpawnMs = Date.now();
  let url = await host.ready;
  const startupMs = Date.now() - firstSpawnMs;
  for (const { definition } of CASES) await httpTo(url).post('/workflows', definition);

  const clients = startClients(CLIENTS, () => url, seeded(seed + 1));
  let killsAtStart = 0;
  for (let done = 0; done < kills; done++) {
    const early = done > 0 && random.next() < KILLED_WHILE_STARTING;
    if (early) {
      killsAtStart++;
      await sleep(random.between(0, startupMs));
    } else {
      url = await host.ready;
      await sleep(random.between(...LIVED_MS));
    }
    await host.kill('SIGKILL');
    onKill?.(done + 1);
    host = spawnHost(where);
  }
  url = await host.ready;
  await clients.stop();
  await untilEnded(url);
  const verdict = await verify(url, dir, clients.acknowledged);
  await host.kill('SIGTERM');

  const violations = [...clients.violations, ...verdict.violations];
  if (violations.length === 0) await rm(dir, { recursive: true });
  return {
    kills,
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
