/** What the end-to-end suite asks of a host, and the words it speaks to one in. */
import { afterAll, beforeAll, expect } from 'vitest';
import { type Answer, type Http, httpTo, type Send } from './http.ts';
import { openSocket } from './socket.ts';

export interface HostLimits {
  maxWorkflows?: number;
  maxTasks?: number;
}

/** A host that offers the handlers of `test/e2e/tasks`. */
export interface OpenedHost {
  url: string;
  /** Headers that let requests in. @default none */
  pass?: () => Record<string, string>;
  /** Where an address that it gives is reached from here. @default at itself */
  reach?: (url: string) => string;
  /** Where the broker of nodes is reached from here. @default where the host says */
  broker?: () => Promise<{ url: string }>;
  /** Offers one more type, from the source of its file. */
  offer(type: string, source: string): Promise<void>;
  close(): Promise<void>;
}

export type OpenHost = (limits?: HostLimits) => Promise<OpenedHost>;

export type Json = Record<string, unknown>;

export interface Start extends Omit<Send, 'body'> {
  variables?: Json;
  version?: number;
  priority?: number | string;
}

const ENDINGS = 'execution.succeeded,execution.failed,execution.cancelled';

/** A host for the tests of one `describe`, and short words for what tests do with it. */
export function useHost(open: OpenHost, limits?: HostLimits) {
  let host: OpenedHost;
  let http: Http;
  beforeAll(async () => {
    host = await open(limits);
    http = httpTo(host.url, host.pass);
  });
  afterAll(() => host.close());

  async function submit(definition: Json): Promise<Answer['body']> {
    const answer = await http.post('/workflows', definition);
    expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ name: definition.name });
    return answer.body;
  }

  async function start(
    workflow: string,
    { variables, version, priority, ...send }: Start = {},
  ): Promise<string> {
    const answer = await http.post(`/workflows/${workflow}/start`, { variables, version, priority }, send);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body.executionId as string;
  }

  const execution = async (id: string) => (await http.get(`/executions/${id}`)).body;
  const task = async (id: string, taskId: string) =>
    (await http.get(`/executions/${id}/tasks/${taskId}`)).body;

  /** Waits, by the log, for what `isIt` takes. */
  async function event(id: string, isIt: (event: Answer['body']) => boolean): Promise<Answer['body']> {
    for (let afterSeq = 0; ; ) {
      const { body } = await http.get(`/executions/${id}/events?afterSeq=${afterSeq}&waitMs=20000`);
      const found = body.items.find(isIt);
      if (found !== undefined) return found;
      if (body.items.length === 0) {
        const log = (await http.events(id)).map(({ type, taskId }) => `${type} ${taskId ?? ''}`);
        throw new Error(
          `nothing more happened in ${id}: ${JSON.stringify(await execution(id))} ${log.join(', ')}`,
        );
      }
      afterSeq = body.nextAfterSeq;
    }
  }

  /** The execution once it has ended; the `run`th time it did, counting redrives. */
  async function ended(id: string, run = 1): Promise<Answer['body']> {
    let left = run;
    await event(id, ({ type }) => ENDINGS.includes(type as string) && --left === 0);
    return execution(id);
  }

  return {
    get url() {
      return host.url;
    },
    get http() {
      return http;
    },
    offer: (type: string, source: string) => host.offer(type, source),
    broker: async () => host.broker?.(),
    /** Opens the event socket as clients do: with a ticket. */
    async openSocket() {
      const { status, body } = await http.post('/tickets');
      expect(status, JSON.stringify(body)).toBe(201);
      return openSocket(host.reach?.(body.url) ?? body.url);
    },
    submit,
    start,
    execution,
    task,
    event,
    ended,
    /** Waits for a task's event: `task.started`, `task.waiting` … */
    taskEvent: (id: string, taskId: string, type: string) =>
      event(id, (found) => found.type === type && found.taskId === taskId),
    /** Submits and starts. */
    async begin(definition: Json & { name: string }, options?: Start): Promise<string> {
      await submit(definition);
      return start(definition.name, options);
    },
    /** Submits, starts and waits for the end. */
    async run(definition: Json & { name: string }, options?: Start): Promise<Answer['body']> {
      await submit(definition);
      return ended(await start(definition.name, options));
    },
    /** Places that are held or waited for, by pool; on some hosts only of pools that have a size. */
    async places(): Promise<Record<string, { held: number; queued: number }>> {
      const pools = (await http.get('/stats')).body.pools as Record<string, { held: number; queued: number }>;
      return Object.fromEntries(
        Object.entries(pools)
          .map(([pool, { held, queued }]) => [pool, { held, queued }] as const)
          .filter(([, { held, queued }]) => held + queued > 0),
      );
    },
    /** Every task's status, by id. */
    async statuses(id: string): Promise<Record<string, string>> {
      const tasks = await http.list(`/executions/${id}/tasks`);
      return Object.fromEntries(tasks.map(({ taskId, status }) => [taskId, status]));
    },
  };
}

export type Host = ReturnType<typeof useHost>;
