/** Runs a program as the leader of its own process group, so that it can be ended with all its children. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface ProcessSpec {
  /** Program and arguments; no shell reads them. */
  command: [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
  stdin?: string;
  timeoutMs: number;
  /** Kept of each of stdout and stderr. */
  outputBytesMax: number;
  signal: AbortSignal;
}

export interface ProcessResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  killedBy: NodeJS.Signals | null;
  /** Why it was ended, if it was. */
  stopped?: 'timeout' | 'aborted';
  stdout: string;
  stderr: string;
  durationMs: number;
}

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;

/** Resolves however the program ended; rejects only when it can't be started (`ENOENT`, `EACCES` …). */
export function runProcess(spec: ProcessSpec): Promise<ProcessResult> {
  spec.signal.throwIfAborted();
  const startedMs = performance.now();
  const [program, ...args] = spec.command;
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: spec.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout, spec.outputBytesMax);
  const stderr = collect(child.stderr, spec.outputBytesMax);
  let stopped: ProcessResult['stopped'];
  let forceTimer: NodeJS.Timeout | undefined;
  const stop = (why: 'timeout' | 'aborted') => {
    if (stopped !== undefined) return;
    stopped = why;
    killGroup(child, 'SIGTERM');
    forceTimer = setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS);
  };
  const onAbort = () => stop('aborted');
  spec.signal.addEventListener('abort', onAbort, { once: true });
  const limitTimer = setTimeout(() => stop('timeout'), spec.timeoutMs);
  // A program may end without reading its input; its exit code says what matters.
  child.stdin.on('error', () => {});
  child.stdin.end(spec.stdin ?? '');
  return new Promise<ProcessResult>((resolve, reject) => {
    child.once('error', reject);
    // Children left behind would outlive the task and hold the pipes open; `close` follows once they are gone.
    child.once('exit', () => killGroup(child, 'SIGKILL'));
    child.once('close', (exitCode, killedBy) => {
      resolve({
        exitCode,
        killedBy,
        ...(stopped === undefined ? {} : { stopped }),
        stdout: stdout(),
        stderr: stderr(),
        durationMs: Math.round(performance.now() - startedMs),
      });
    });
  }).finally(() => {
    clearTimeout(limitTimer);
    clearTimeout(forceTimer);
    spec.signal.removeEventListener('abort', onAbort);
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has gone already.
  }
}

/** Keeps the first `bytesMax` bytes and reads on, so that the program never blocks on a full pipe. */
function collect(stream: NodeJS.ReadableStream, bytesMax: number): () => string {
  const chunks: Buffer[] = [];
  let kept = 0;
  let dropped = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = Math.min(chunk.length, bytesMax - kept);
    if (room > 0) chunks.push(chunk.subarray(0, room));
    kept += room;
    dropped += chunk.length - room;
  });
  return () => {
    const text = Buffer.concat(chunks).toString('utf8');
    return dropped === 0 ? text : `${text}\n[truncated: ${dropped} more bytes]`;
  };
}
