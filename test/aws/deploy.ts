/** `npx cdk bootstrap` and `npm run deploy`, as anybody would run them, on an emulator. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT, type Emulator, REGION } from './emulator.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'lib/deploy/main.ts');
const CDK = join(ROOT, 'node_modules/.bin/cdk');

/** What the stack of the service answers. */
export interface Outputs {
  HttpAddress: string;
  SocketAddress: string;
  DashboardAddress: string;
}

/** Where to deploy to. */
export interface Target extends Pick<Emulator, 'env'> {
  /** For files that are needed on the way. */
  dir: string;
}

export interface DeployOptions {
  prefix: string;
  /** As `-c` takes them. */
  settings: Record<string, string>;
}

/** In a folder without an app, so that none is made for it. */
export const bootstrap = (target: Target): Promise<string> =>
  run(target, CDK, ['bootstrap', `aws://${ACCOUNT}/${REGION}`, '--no-notices'], target.dir);

/** Every stack of the app, under these settings. */
export async function deploy(target: Target, { prefix, settings }: DeployOptions): Promise<Outputs> {
  const file = join(target.dir, `${prefix}.json`);
  const options = ['--require-approval', 'never', '--outputs-file', file];
  await holdfast(target, 'deploy', options, { ...settings, prefix });
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Outputs>)[prefix]!;
}

/** What isn't protected; says what stays. */
export const destroy = (target: Target, { prefix, settings }: DeployOptions): Promise<string> =>
  holdfast(target, 'destroy', ['--force'], { ...settings, prefix });

function holdfast(
  target: Target,
  command: 'deploy' | 'destroy',
  options: string[],
  settings: Record<string, string>,
): Promise<string> {
  const context = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const usual = ['--output', join(target.dir, 'cdk.out'), '--no-notices'];
  return run(target, process.execPath, [MAIN, command, ...options, ...usual, ...context]);
}

/** What the program says. Rejects with it when it fails. */
async function run({ env }: Target, program: string, args: string[], cwd = ROOT): Promise<string> {
  const child = spawn(program, args, {
    cwd,
    env: { ...env, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status === 0) return said;
  throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${said}`);
}
