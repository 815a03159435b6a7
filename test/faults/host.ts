/** Starts host processes, kills them, and knows where the current one listens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('host-process.ts', import.meta.url));

export interface HostProcess {
  pid: number;
  /** Where it listens; rejects when it ended before it did. */
  ready: Promise<string>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** What it wrote to standard error. */
  errors(): string;
}

export function spawnHost(options: { dataDir: string; traceDir?: string }): HostProcess {
  const child: ChildProcess = spawn(process.execPath, [ENTRY, JSON.stringify(options)], {
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
