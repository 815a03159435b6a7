/** Starts the emulators once for the whole run; without Java and Maven the suites are skipped. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';

const here = import.meta.dirname;
const cache = join(here, '../../node_modules/.cache/store-emulators');

export interface Emulators {
  dynamodbUrl: string;
  sqsUrl: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent where Java or Maven are. */
    emulators?: Emulators;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const missing = ['java', 'javac', 'mvn'].filter((program) => spawnSync(program, ['-version']).status !== 0);
  if (missing.length > 0) {
    console.warn(
      `The store suites are skipped: they need Java 17 and Maven, and there is no ${missing.join(', ')}.`,
    );
    return undefined;
  }
  const process = spawn('java', ['-cp', `${libraries()}/*`, join(here, 'Emulators.java'), libraries()], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [dynamodb, sqs] = await portsOf(process);
  project.provide('emulators', {
    dynamodbUrl: `http://127.0.0.1:${dynamodb}`,
    sqsUrl: `http://127.0.0.1:${sqs}`,
  });
  return async () => {
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.stdin!.end();
    await ended;
  };
}

/** The folder with what `pom.xml` names; fetched where it isn't there yet. */
function libraries(): string {
  const pom = join(here, 'pom.xml');
  const folder = join(cache, createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}-${globalThis.process.pid}`;
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`];
  const { status, stdout, error } = spawnSync('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal], {
    cwd: dirname(pom),
    encoding: 'utf8',
  });
  if (status !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new Error(`Maven can't fetch the emulators: ${error?.message ?? stdout}`);
  }
  renameSync(unfinished, folder);
  return folder;
}

/** Resolves with DynamoDB's port and SQS's once both listen. */
async function portsOf(process: ChildProcess): Promise<[string, string]> {
  let said = '';
  process.stderr!.on('data', (chunk) => {
    said += chunk;
  });
  for await (const line of createInterface({ input: process.stdout! })) {
    const ports = /^ports (\d+) (\d+)$/.exec(line);
    if (ports) return [ports[1]!, ports[2]!];
  }
  throw new Error(`The emulators ended before they listened:\n${said}`);
}
