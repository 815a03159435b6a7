import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TMPFS_MAGIC = 0x01021994;
const LOG_TAIL_BYTES = 4096;

/** Where server data may live: on a real disk, because an fsync to memory costs nothing and proves nothing. */
export function chooseDirectory(requested) {
  const candidates = requested ? [requested] : [tmpdir(), '/var/tmp'];
  const onDisk = candidates.find((directory) => statfsSync(directory).type !== TMPFS_MAGIC);
  if (onDisk) return onDisk;
  throw new Error(
    `no directory on a disk for the peers' data: ${candidates.join(', ')} held in memory. Pass --dir DIRECTORY.`,
  );
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * One temporary directory and the server processes that write there. `close()` ends the servers in order and removes
 * the directory; when the process exits some other way, the exit hook does the same at once.
 */
export class Sandbox {
  #children = new Set();
  #onExit = () => this.#destroy();

  /** @param {string} parentDirectory @param {string} name */
  constructor(parentDirectory, name) {
    this.directory = mkdtempSync(join(parentDirectory, `holdfast-peer-${name}-`));
    process.once('exit', this.#onExit);
  }

  /** Gives the directory to another user, for servers that refuse to run as root. */
  giveTo(owner) {
    if (owner) chownSync(this.directory, owner.uid, owner.gid);
  }

  subdirectory(name, owner) {
    const directory = join(this.directory, name);
    mkdirSync(directory, { mode: 0o700 });
    if (owner) chownSync(directory, owner.uid, owner.gid);
    return directory;
  }

  /** Runs a command to its end; rejects with the end of its output when it fails. */
  async run(command, args, options = {}) {
    const child = this.#spawn(command, args, options);
    const { code, signal, error } = await child.ended;
    if (code !== 0) throw new Error(failure(command, { code, signal, error }, child.tail()));
  }

  /**
   * Starts a server and resolves when `isReady` does; rejects when the server ends first or takes longer than
   * `timeoutMs`. `stopSignal` asks it to end in order, `killSignal` at once.
   */
  async start(command, args, { isReady, timeoutMs = 60_000, stopSignal, killSignal, ...options }) {
    const child = this.#spawn(command, args, { stopSignal, killSignal, ...options });
    const deadlineMs = performance.now() + timeoutMs;
    let end;
    void child.ended.then((ending) => {
      end = ending;
    });
    while (!(await isReady().catch(() => false))) {
      if (end) throw new Error(failure(command, end, child.tail()));
      if (performance.now() > deadlineMs)
        throw new Error(`${command} was not ready within ${timeoutMs} ms. Its output ends: ${child.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close({ timeoutMs = 10_000 } = {}) {
    await Promise.all([...this.#children].map((child) => stop(child, timeoutMs)));
    this.#destroy();
    process.removeListener('exit', this.#onExit);
  }

  #spawn(command, args, { stopSignal = 'SIGTERM', killSignal = 'SIGKILL', ...options }) {
    const process = spawn(command, args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [process.stdout, process.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-LOG_TAIL_BYTES);
      });
    const child = { process, stopSignal, killSignal, tail: () => output.trim() };
    child.ended = new Promise((resolve) => {
      process.once('error', (error) => resolve({ error }));
      process.once('close', (code, signal) => resolve({ code, signal }));
    }).finally(() => this.#children.delete(child));
    this.#children.add(child);
    return child;
  }

  #destroy() {
    for (const { process, killSignal } of this.#children) process.kill(killSignal);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function stop(child, timeoutMs) {
  child.process.kill(child.stopSignal);
  const timer = setTimeout(() => child.process.kill(child.killSignal), timeoutMs);
  await child.ended;
  clearTimeout(timer);
}

function failure(command, { code, signal, error }, tail) {
  const how = error ? error.message : signal ? `was ended by ${signal}` : `exited with ${code}`;
  return `${command} ${how}. Its output ends: ${tail}`;
}
