import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TMPFS_MAGIC = 0x01021994;
const LOG_TAIL_CHARACTERS = 4096;
const POLL_MS = 50;
const SETPRIV = '/usr/bin/setpriv';
const EXIT_WAIT_MS_MAX = 3000;

/** Where the servers' data may live: on a real disk, because an fsync to memory costs nothing and proves nothing. */
export function chooseDirectory(requested) {
  const candidates = requested ? [requested] : [tmpdir(), '/var/tmp'];
  const onDisk = candidates.find((directory) => statfsSync(directory).type !== TMPFS_MAGIC);
  if (onDisk) return onDisk;
  throw new Error(
    `The peers' data must be on a disk, not in memory as in ${candidates.join(' and ')}. Pass --dir DIRECTORY.`,
  );
}

/** A loopback port that nobody listens on now. */
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
 * One temporary directory and the server processes that write to it. `close()` ends the servers in order and removes
 * the directory; a process that exits without calling it does the same at once.
 */
export class Sandbox {
  #children = new Set();
  #closing;
  #fail;
  #hasFailed = false;
  #onExit = () => this.#destroy();

  /** @param {string} parentDirectory @param {string} name part of the temporary directory's name */
  constructor(parentDirectory, name) {
    this.directory = mkdtempSync(join(parentDirectory, `holdfast-peer-${name}-`));
    process.once('exit', this.#onExit);
    /** Rejects when a server ends that nobody asked to. */
    this.failure = new Promise((_, reject) => {
      this.#fail = (error) => {
        this.#hasFailed = true;
        reject(error);
      };
    });
    this.failure.catch(() => {});
  }

  /** True once a server has ended too early or all were asked to end. */
  get isDown() {
    return this.#closing !== undefined || this.#hasFailed;
  }

  /** Gives the directory to another user `{uid, gid}`, for servers that refuse to run as root. */
  giveTo({ uid, gid }) {
    chownSync(this.directory, uid, gid);
  }

  /** Runs a command to its end; rejects with the end of its output when it fails. */
  async run(command, args, options = {}) {
    const child = this.#spawn(command, args, options);
    const ending = await child.ended;
    if (ending.code !== 0) throw new Error(describe(command, ending, child.tail()));
  }

  /**
   * Starts a server and resolves once `isReady` resolves to true; rejects when the server ends first or needs longer
   * than `timeoutMs`. `stopSignal` asks the server to end in order, `killSignal` at once.
   */
  async start(command, args, { isReady, timeoutMs = 60_000, ...options }) {
    const child = this.#spawn(command, args, options);
    const deadlineMs = performance.now() + timeoutMs;
    while (!(await isReady().catch(() => false))) {
      if (child.ending) throw new Error(describe(command, child.ending, child.tail()));
      if (performance.now() > deadlineMs)
        throw new Error(`${command} was not ready within ${timeoutMs} ms. Its output ends: ${child.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    void child.ended.then((ending) => this.#fail(new Error(describe(command, ending, child.tail()))));
  }

  /** Idempotent. A server that has not ended after `timeoutMs` is killed. */
  close({ timeoutMs = 10_000 } = {}) {
    this.#closing ??= Promise.all([...this.#children].map((child) => stop(child, timeoutMs))).then(() => {
      this.#destroy();
      process.removeListener('exit', this.#onExit);
    });
    return this.#closing;
  }

  #spawn(command, args, { stopSignal = 'SIGTERM', killSignal = 'SIGKILL', env = {}, ...options }) {
    // A clean environment, so that settings meant for another installation of the server don't reach this one.
    const server = spawn(...endingWithParent(command, args, killSignal), {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: this.directory, ...env },
      ...options,
    });
    let output = '';
    for (const stream of [server.stdout, server.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-LOG_TAIL_CHARACTERS);
      });
    const child = { server, stopSignal, killSignal, ending: undefined, tail: () => output.trim() };
    child.ended = new Promise((resolve) => {
      server.once('error', (error) => resolve({ error }));
      server.once('close', (code, signal) => resolve({ code, signal }));
    }).then((ending) => {
      this.#children.delete(child);
      child.ending = ending;
      return ending;
    });
    this.#children.add(child);
    return child;
  }

  #destroy() {
    for (const { server, killSignal } of this.#children) server.kill(killSignal);
    for (const { server } of this.#children) waitForEnd(server.pid);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Where the system can, the server also ends when this process is killed without a chance to clean up. */
function endingWithParent(command, args, signal) {
  if (!existsSync(SETPRIV)) return [command, args];
  return [SETPRIV, ['--pdeathsig', signal.replace('SIG', ''), '--', command, ...args]];
}

async function stop(child, timeoutMs) {
  child.server.kill(child.stopSignal);
  const timer = setTimeout(() => child.server.kill(child.killSignal), timeoutMs);
  await child.ended;
  clearTimeout(timer);
}

/** Blocks until the process has ended: an exit hook can't await, and a dying server may still write files. */
function waitForEnd(pid) {
  const deadlineMs = performance.now() + EXIT_WAIT_MS_MAX;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (performance.now() < deadlineMs && isRunning(pid)) Atomics.wait(cell, 0, 0, POLL_MS);
}

function isRunning(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status[status.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

function describe(command, { code, signal, error }, tail) {
  const how = error ? error.message : signal ? `was ended by ${signal}` : `exited with ${code}`;
  return `${command} ${how}. Its output ends: ${tail}`;
}
