/** Finds the host that a command talks to: the one named, one that runs here, or one of its own for the duration. */
import { resolve } from 'node:path';
import { type Client, createClient, HoldfastProblem, HostUnreachable } from '../client/index.ts';
import { type CliDeps, UsageError } from './io.ts';

export interface HostFlags {
  api?: string;
  token?: string;
  dataDir?: string;
  allowExec?: boolean;
  /** Repeatable `--tasks`. */
  tasks?: string[];
}

export interface Session {
  client: Client;
  /** The host is this process and ends with it. */
  isOwn: boolean;
  /** Of the own host. */
  dataDir?: string;
  close(): Promise<void>;
}

export const DEFAULT_PORT = 3000;
export const DEFAULT_DATA_DIR = '.holdfast';

/** `taskDirs`: beside those of the flags, for a host of our own. */
export async function openSession(
  deps: CliDeps,
  flags: HostFlags,
  taskDirs: string[] = [],
): Promise<Session> {
  const token = flags.token ?? deps.env.HOLDFAST_TOKEN;
  const api = flags.api ?? deps.env.HOLDFAST_API;
  if (api !== undefined) return remote(createClient({ url: checkedUrl(api), token }));
  // Whoever names a data directory means that one, not whatever happens to run here.
  const running = flags.dataDir === undefined ? await findRunning(deps, token) : undefined;
  return running ? remote(running) : openOwn(deps, flags, taskDirs);
}

const remote = (client: Client): Session => ({ client, isOwn: false, close: async () => {} });

function checkedUrl(api: string): string {
  if (URL.canParse(api) && /^https?:$/.test(new URL(api).protocol)) return api;
  throw new UsageError(`"${api}" is no address of a host.`, 'Give such as --api http://127.0.0.1:3000.');
}

async function findRunning(deps: CliDeps, token: string | undefined): Promise<Client | undefined> {
  const port = portOf(deps.env.HOLDFAST_PORT);
  const client = createClient({ url: `http://127.0.0.1:${port}`, token, timeoutMs: 1_000, attempts: 1 });
  try {
    const { name } = await client.index();
    return name === 'Holdfast' ? createClient({ url: client.url, token }) : undefined;
  } catch (error) {
    if (error instanceof HostUnreachable) return undefined;
    if (error instanceof HoldfastProblem && error.name === 'TokenNeeded')
      throw new UsageError(
        `The host at ${client.url} asks for its token.`,
        'Set HOLDFAST_TOKEN, or name a data directory of your own with --data-dir.',
      );
    throw error;
  }
}

async function openOwn(deps: CliDeps, flags: HostFlags, taskDirs: string[]): Promise<Session> {
  const dataDir = dataDirOf(deps, flags);
  const host = await deps.openHost({
    dataDir,
    port: 0,
    taskDirs: taskDirsOf(deps, flags, taskDirs),
    allowExec: allowsExec(deps, flags),
  });
  const client = createClient({ url: host.url, token: host.token });
  return { client, isOwn: true, dataDir, close: () => host.close() };
}

export function dataDirOf(deps: CliDeps, flags: Pick<HostFlags, 'dataDir'>): string {
  return resolve(deps.cwd, flags.dataDir ?? deps.env.HOLDFAST_DATA_DIR ?? DEFAULT_DATA_DIR);
}

export function taskDirsOf(deps: CliDeps, flags: Pick<HostFlags, 'tasks'>, more: string[] = []): string[] {
  return [...new Set([...more, 'tasks', ...(flags.tasks ?? [])].map((dir) => resolve(deps.cwd, dir)))];
}

export function allowsExec(deps: CliDeps, flags: Pick<HostFlags, 'allowExec'>): boolean {
  return flags.allowExec ?? /^(1|true|yes)$/i.test(deps.env.HOLDFAST_ALLOW_EXEC ?? '');
}

export function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`"${text}" is no port.`, 'Give a number from 0 to 65535; 0 takes any free one.');
}
