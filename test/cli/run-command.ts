/** The command line run in this process: what it printed and how it ended. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliDeps, runCli } from '../../cli/index.ts';
import { openHost } from '../../embedded/host.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Without a host, standard input or environment unless `deps` has them. */
export async function runCommand(argv: string[], deps: Partial<CliDeps>): Promise<Ran> {
  const ran: Ran = { code: -1, out: '', err: '' };
  ran.code = await runCli(argv, {
    async openHost() {
      throw new Error('no host is needed');
    },
    async openEdge() {
      throw new Error('no node is needed');
    },
    async openDenied() {
      throw new Error('no demonstration is needed');
    },
    async simulate() {
      throw new Error('no simulation is needed');
    },
    version: '1.2.3',
    examplesDir: '/nowhere',
    cwd: '/',
    env: {},
    stdout: { write: (text) => (ran.out += text) },
    stderr: { write: (text) => (ran.err += text) },
    readStdin: async () => '',
    onInterrupt: () => () => {},
    ...deps,
  });
  return ran;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** The real host, which keeps its log to itself. */
export const openQuietHost: CliDeps['openHost'] = async (options) => {
  const host = await openHost({ ...options, logger: quiet });
  return { url: host.url, token: options.token, close: () => host.close() };
};

/** A folder to run commands in. `remove` it. */
export function openFolder() {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
  return {
    path,
    /** Text as it is, anything else as JSON; returns the name. */
    file: (name: string, content: unknown): string => {
      writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
      return name;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export type Folder = ReturnType<typeof openFolder>;
