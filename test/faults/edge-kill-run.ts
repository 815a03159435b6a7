/** Kills a host and its edge node at random instants under placed work, starts them again, and then holds both to their word. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueuesResponse } from '../../core/custody/queues.ts';
import type { CustodyTotals } from '../../core/custody/transfer.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { openEdge } from '../../edge/edge.ts';
import { createLogger } from '../../embedded/log.ts';
import { httpTo } from '../e2e/http.ts';
import { type HostProcess, spawnEdge, spawnHost } from './host.ts';
import type { KillOptions } from './kill-run.ts';
import { readEffects, readTrace, tracedHandlers } from './trace.ts';

export interface EdgeKillReport {
  kills: number;
  killsOfTheHost: number;
  executions: number;
  effects: number;
  effectsTwice: number;
  completedRunAgain: number;
  seconds: number;
  violations: string[];
  /** Kept when there were violations: the stores, and what the handlers did. */
  evidence?: string;
}

const NODE = 'edge-1';
const OF_THE_HOST = 0.3;
const KILLED_WHILE_STARTING = 0.2;
const LIVED_MS = [5, 2500] as const;
const AT_ONCE = 6;
const END_PATIENCE_MS = 120_000;

const add = (id: string, value: unknown, dependsOn: string[] = []) => ({
  id,
  type: 'add',
  input: { value, ms: 20 },
  dependsOn,
});
const CHAIN = { name: 'chain', tasks: [add('t0', 0), add('t1', '${t0.output.value}', ['t0'])] };
const there = { capability: 'camera' };
const WORKFLOW = {
  name: 'survey',
  tasks: [
    { ...add('a', 0), ...there },
    { id: 'b', type: 'count', dependsOn: ['a'], input: { to: 10 }, ...there },
    { id: 'c', type: 'workflow', dependsOn: ['a'], input: { workflow: 'chain' }, ...there },
    { ...add('sum', '${a.output.value + b.output.count + c.output.value}', ['b', 'c']), ...there },
  ],
};
const OUTPUT = { value: 14 };
/** Keys of the effects of one execution. */
const EFFECTS = ['a', 'b', 'c/t0', 'c/t1', 'sum'];

export async function killEdgeRepeatedly({ kills, seed, onKill }: KillOptions): Promise<EdgeKillReport> {
  const startedMs = Date.now();
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-edge-kill-'));
  const random = new SeededRandom(seed);
  const hubDir = join(dir, 'hub');
  let hub = spawnHost({ dataDir: hubDir });
  const url = await hub.ready;
  const port = Number(new URL(url).port);
  const where = { hubUrl: url, nodeId: NODE, dataDir: join(dir, NODE), traceDir: dir };
  let edge = spawnEdge(where);
  const complaints: string[] = [];
  const end = async (process: HostProcess, signal: 'SIGKILL' | 'SIGTERM') => {
    await process.kill(signal);
    const said = process.errors().trim();
    if (said !== '') complaints.push(`a process wrote to standard error: ${said}`);
  };
  const clients = new Clients(url);
  try {
    await edge.ready;
    for (const definition of [CHAIN, WORKFLOW]) await httpTo(url).post('/workflows', definition);
    const working = clients.work();
    let killsOfTheHost = 0;
    for (let done = 1; done <= kills; done++) {
      if (random.next() >= KILLED_WHILE_STARTING) await Promise.all([hub.ready, edge.ready]);
      await sleep(random.between(...LIVED_MS));
      if (random.next() < OF_THE_HOST) {
        killsOfTheHost++;
        await end(hub, 'SIGKILL');
        hub = spawnHost({ dataDir: hubDir, port });
      } else {
        await end(edge, 'SIGKILL');
        edge = spawnEdge(where);
      }
      onKill?.(done);
    }
    await Promise.all([hub.ready, edge.ready]);
    clients.stop();
    await working;
    await end(edge, 'SIGTERM');
    const verdict = await verdictOf(url, dir, where.dataDir, clients.ids);
    const violations = [...complaints, ...clients.violations, ...verdict.violations];
    if (violations.length === 0) await rm(dir, { recursive: true });
    return {
      ...verdict,
      kills,
      killsOfTheHost,
      executions: clients.ids.length,
      seconds: Math.round((Date.now() - startedMs) / 100) / 10,
      violations,
      ...(violations.length > 0 && { evidence: dir }),
    };
  } finally {
    clients.stop();
    await Promise.all([hub.kill('SIGKILL'), edge.kill('SIGKILL')]);
  }
}

/** So many executions at once, until they are stopped and all of them have ended. */
class Clients {
  readonly ids: string[] = [];
  readonly violations: string[] = [];
  readonly #http: ReturnType<typeof httpTo>;
  readonly #stopping = new AbortController();
  #patienceMs = Infinity;

  constructor(url: string) {
    this.#http = httpTo(url);
  }

  async work(): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => this.#one(at)));
  }

  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#patienceMs = Date.now() + END_PATIENCE_MS;
  }

  async #one(client: number): Promise<void> {
    for (let turn = 0; !this.#stopping.signal.aborted; turn++) {
      const key = `start ${client} ${turn}`;
      const started = await this.#insist(
        () => this.#http.post('/workflows/survey/start', {}, { key, timeoutMs: 2000 }),
        ({ status }) => status < 300,
      );
      if (started === undefined) return;
      const id = started.body.executionId as string;
      this.ids.push(id);
      const ended = await this.#insist(
        () => this.#http.get(`/executions/${id}`),
        ({ status, body }) =>
          status === 200 && ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(body.status as string),
      );
      if (ended === undefined) return void this.violations.push(`${id} has not ended`);
      const { status, output, errors } = ended.body;
      if (status !== 'SUCCEEDED' || JSON.stringify(output) !== JSON.stringify(OUTPUT))
        this.violations.push(`${id} is ${status} with ${JSON.stringify(output)}: ${JSON.stringify(errors)}`);
    }
  }

  /** A host that is killed answers later. */
  async #insist<Answer>(
    ask: () => Promise<Answer>,
    isIt: (answer: Answer) => boolean,
  ): Promise<Answer | undefined> {
    while (Date.now() < this.#patienceMs) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined && isIt(answer)) return answer;
      await sleep(40);
    }
    return undefined;
  }
}

async function verdictOf(hubUrl: string, dir: string, dataDir: string, ids: readonly string[]) {
  const violations: string[] = [];
  const wanted = new Set(ids.flatMap((id) => EFFECTS.map((effect) => `${id}/${effect}`)));
  const effects = readEffects(dir).map(({ key }) => key);
  for (const key of effects)
    if (!wanted.delete(key)) violations.push(`the effect ${key} is nobody's, or came twice`);
  const effectsTwice = violations.length;
  for (const key of wanted) violations.push(`the effect ${key} is missing`);
  // In its last life it is looked at from within.
  const edge = await openEdge({ dataDir, tasks: tracedHandlers(dir), logger: createLogger('error') });
  try {
    const { carrier, reader } = edge.orchestrator;
    const openThere = async () => open((await carrier.queues()).totals);
    const hub = async () => ((await httpTo(hubUrl).get('/queues')).body as unknown as QueuesResponse).totals;
    const deadlineMs = Date.now() + END_PATIENCE_MS;
    while ((await openThere()) + open(await hub()) > 0 && Date.now() < deadlineMs) await sleep(50);
    for (const [name, totals] of [
      ['the host', await hub()],
      [NODE, (await carrier.queues()).totals],
    ] as const) {
      const { accepted, acknowledged, dead, expired } = totals;
      if (acknowledged.bundles !== accepted.bundles || dead.bundles + expired.bundles > 0)
        violations.push(`${name} has in custody ${JSON.stringify(totals)}`);
    }
    const again = await runAgain(reader, dir);
    return {
      effects: effects.length,
      effectsTwice,
      completedRunAgain: again.length,
      violations: [...violations, ...again],
    };
  } finally {
    await edge.close();
  }
}

const open = ({ waiting, booked, released }: CustodyTotals): number =>
  waiting.bundles + booked.bundles + released.bundles;

type Reader = Awaited<ReturnType<typeof openEdge>>['orchestrator']['reader'];

/** Starts of handlers after their task's success was durable. */
async function runAgain(reader: Reader, dir: string): Promise<string[]> {
  const starts = Map.groupBy(
    readTrace(dir).filter(({ kind }) => kind === 'start'),
    ({ executionId }) => executionId,
  );
  const found: string[] = [];
  for (const [executionId, lines] of starts) {
    const events = await reader.events(executionId, { limit: 1000 });
    for (const { taskId, atMs, attempt } of lines) {
      const ended = events.find((event) => event.type === 'task.succeeded' && event.taskId === taskId);
      if (ended === undefined) found.push(`${executionId}/${taskId} was started and never succeeded`);
      else if (atMs > ended.atMs)
        found.push(`${executionId}/${taskId} succeeded, and attempt ${attempt} started after it`);
    }
  }
  return found;
}
