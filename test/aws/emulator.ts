/** The emulator's process: started for one run of the tests, with nothing of the machine's own AWS settings. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

export interface Emulator {
  url: string;
  /** For programs that are to talk to it, as they would to AWS. */
  env: Record<string, string>;
  pid: number;
  /** What it wrote. */
  log(): string;
  /** The calls that roles made, a line of JSON each, each once (calls.py). */
  calls(): string;
  close(): Promise<void>;
}

/** What the last one wrote. */
export const LOG_KEPT = join(import.meta.dirname, '../../node_modules/.cache/aws-emulator/last.log');
const START_MS_MAX = 60_000;

export interface EmulatorOptions {
  python: string;
  /** Files that it keeps: they are deleted when it ends. */
  dir: string;
  /** The file of the one certificate that it trusts. */
  trust: string;
}

export async function startEmulator({ python, dir, trust }: EmulatorOptions): Promise<Emulator> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: dir,
    TMPDIR: dir,
    LANG: 'C.UTF-8',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: url,
  };
  const settings = {
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: `${port}`,
    IOT_MTLS_ENABLED: '0',
    SSL_CERT_FILE: trust,
    PYTHONUNBUFFERED: '1',
    CALLS_FILE: join(dir, 'calls.jsonl'),
  };
  const logFile = join(dir, 'emulator.log');
  const log = openSync(logFile, 'w');
  const child = spawn(python, [join(import.meta.dirname, 'emulator.py')], {
    env: { ...env, ...settings },
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const emulator: Emulator = {
    url,
    env,
    pid: child.pid!,
    log: () => readFileSync(logFile, 'utf8'),
    calls: () => readFileSync(settings.CALLS_FILE, 'utf8'),
    async close() {
      copyFileSync(logFile, LOG_KEPT);
      child.stdin!.end();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`The emulator ended:\n${emulator.log()}`);
    return (await health(url))?.version !== undefined;
  });
  return emulator;
}

/** From now on signatures are checked, and everybody may do what their policies say; or no longer, which is for deploying. */
export async function checkPolicies(
  { url, pid }: Pick<Emulator, 'url' | 'pid'>,
  areChecked: boolean,
): Promise<void> {
  process.kill(pid, areChecked ? 'SIGUSR1' : 'SIGUSR2');
  await until(async () => (await health(url))?.auth === (areChecked ? 'enabled' : 'disabled'));
}

interface Health {
  version?: string;
  auth?: string;
}

/** Undefined while it doesn't answer. */
const health = (url: string): Promise<Health | undefined> =>
  fetch(`${url}/_ministack/health`).then(
    (response) => response.json() as Promise<Health>,
    () => undefined,
  );

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpMs = Date.now() + START_MS_MAX;
  while (!(await isSo())) {
    if (Date.now() > giveUpMs) throw new Error(`The emulator doesn't answer within ${START_MS_MAX} ms.`);
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
