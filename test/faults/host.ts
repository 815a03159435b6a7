/** Starts host processes, kills them, and knows where the current one listens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface HostProcess {
  pid: number;
  /** What it says when it is, which is where a host listens; rejects when it ended before. */
  ready: Promise<string>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** What it wrote to standard error. */
  errors(): string;
}

export const spawnHost = (options: { dataDir: string; traceDir?: string; port?: number }): HostProcess =>
  start('host-process.ts', options);

export const spawnEdge = (options: {
  hubUrl: string;
  nodeId: string;
  dataDir: string;
  traceDir: string;
}): HostProcess => start('edge-process.ts', options);

function start(file: string, options: object): HostProcess {
  const child: ChildProcess = spawn(process.execPath, [fileOf(file), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'holdfast-compile-cache') },
  });
  const ended = once(child, 'exit');
  let out = '';
  let err = '';
  child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const url = /^ready (\S+)\n/.exec(out)?.[1];
      if (url !== undefined) resolve(url);
    });
    void ended.then(() => reject(new Error(`the host ended before it listened: ${out}${err}`)));
  });
  // Whoever kills it while it starts doesn't wait for it.
  ready.catch(() => undefined);
  return {
    pid: child.pid!,
    ready,
    errors: () => err,
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
