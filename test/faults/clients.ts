/** Clients that keep a host under load, and lose patience but never an acknowledgement when it dies. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { type Answer, httpTo } from '../e2e/http.ts';
import { type Case, CASES } from './workload.ts';

export interface Acknowledged {
  key: string;
  executionId: string;
  of: Case;
}

export interface Clients {
  acknowledged: readonly Acknowledged[];
  /** Starts that were tried, acknowledged or not. */
  tried(): number;
  /** The same key was answered with two executions: what went wrong, in words. */
  violations: readonly string[];
  /** Starts nothing new; resolves when everything that was begun is acknowledged. */
  stop(): Promise<void>;
  /** Gives everything up: there is no host any more. */
  abandon(): void;
}

/** Executions begun and not known to have ended, beyond which clients wait. */
const UNENDED_MAX = 40;
const RETRY_MS = 15;

/** @param urlOf where the host listens now; it may be dead by the time it is called */
export function startClients(count: number, urlOf: () => string, random: SeededRandom): Clients {
  const acknowledged: Acknowledged[] = [];
  const violations: string[] = [];
  const unended = new Set<string>();
  let tried = 0;
  let stopped = false;
  let abandoned = false;

  /** Tries until the host answers: what it answered is then its word. */
  async function insist(send: (url: string) => Promise<Answer>, what: string): Promise<Answer> {
    while (!abandoned) {
      try {
        const answer = await send(urlOf());
        if (answer.status < 300) return answer;
        if (answer.status !== 503)
          throw new Refused(`${what} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      await sleep(RETRY_MS);
    }
    throw new Refused(`${what} was never answered`);
  }

  async function startOne(): Promise<void> {
    const of = random.pick(CASES);
    const { name } = of.definition;
    const key = `start ${++tried}`;
    const start = (url: string) => httpTo(url).post(`/workflows/${name}/start`, {}, { key, timeoutMs: 2000 });
    const { body } = await insist(start, key);
    const executionId = body.executionId as string;
    acknowledged.push({ key, executionId, of });
    unended.add(executionId);
    if (random.next() < 0.1) {
      const again = await insist(start, key);
      if (again.body.executionId !== executionId)
        violations.push(`the key "${key}" started ${executionId} and then ${again.body.executionId}`);
    }
    if (of.signal) {
      const { name: signal, payload } = of.signal;
      const path = `/executions/${executionId}/signals/${signal}`;
      // It may have been taken, and the execution ended, though the answer was lost.
      await insist(async (url) => {
        const answer = await httpTo(url).post(path, { payload }, { key, timeoutMs: 2000 });
        return answer.status === 409 ? { ...answer, status: 200 } : answer;
      }, `the signal of ${key}`);
    }
  }

  async function client(): Promise<void> {
    while (!stopped) {
      await forgetEnded();
      if (unended.size < UNENDED_MAX) await startOne();
      await sleep(random.between(2, 20));
    }
  }

  async function forgetEnded(): Promise<void> {
    if (unended.size < UNENDED_MAX) return;
    for (const id of [...unended].slice(0, 10)) {
      const { body } = await insist(
        (url) => httpTo(url).send('GET', `/executions/${id}`, { timeoutMs: 2000 }),
        id,
      );
      if (['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(body.status as string)) unended.delete(id);
    }
  }

  const all = Array.from({ length: count }, () =>
    client().catch((error: unknown) =>
      violations.push(error instanceof Error ? error.message : String(error)),
    ),
  );
  return {
    acknowledged,
    violations,
    tried: () => tried,
    async stop() {
      stopped = true;
      await Promise.all(all);
    },
    abandon() {
      stopped = abandoned = true;
    },
  };
}

/** The host answered and said no, or is gone for good. */
class Refused extends Error {
  override readonly name = 'Refused';
}
