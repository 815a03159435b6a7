/** `npx cdk bootstrap` and `npm run deploy`, as anybody would run them, on an emulator. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT, type Emulator, REGION } from './emulator.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'lib/deploy/main.ts');
const CDK = join(ROOT, 'node_modules/.bin/cdk');

/** What the stack of the service answers. */
export interface Outputs {
  HttpAddress: string;
  SocketAddress: string;
  DashboardAddress: string;
}

export interface DeployOptions {
  emulator: Emulator;
  dir: string;
  prefix: string;
  settings: Record<string, string>;
}

/** In a folder without an app, so that none is made for it. */
export const bootstrap = (emulator: Emulator, dir: string): Promise<void> =>
  run(emulator, CDK, ['bootstrap', `aws://${ACCOUNT}/${REGION}`, '--no-notices'], dir);

/** Every stack of the app, under these settings. */
export async function deploy({ emulator, dir, prefix, settings }: DeployOptions): Promise<Outputs> {
  const file = join(dir, `${prefix}.json`);
  const context = Object.entries({ ...settings, prefix }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const options = [
    '--require-approval',
    'never',
    '--outputs-file',
    file,
    '--output',
    join(dir, 'cdk.out'),
    '--no-notices',
  ];
  await run(emulator, process.execPath, [DEPLOY, 'deploy', ...options, ...context]);
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Outputs>)[prefix]!;
}

async function run(emulator: Emulator, program: string, args: string[], cwd = ROOT): Promise<void> {
  const child = spawn(program, args, {
    cwd,
    env: { ...emulator.env, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status === 0) return;
  throw new Error(
    `${program} ${args.join(' ')} ended with ${status}:\n${said}\nThe emulator's log:\n${emulator.log().slice(-5_000)}`,
  );
}
