/** `npm run deploy` and `npm run destroy`: `cdk`, once everything that it needs is there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import { HoldfastError, InvalidInput } from '../../core/errors.ts';
import { MACHINE_NAMES, stackNames, stateMachineName } from '../names.ts';
import { readSettings, type Settings } from '../settings.ts';
import { type DeployArguments, readArguments } from './arguments.ts';
import { checkAccount, checkMachines, checkStacks, checkStatus, checkToolkit } from './checks.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

async function main([command = '', ...rest]: string[]): Promise<number> {
  const given = readArguments(rest);
  const settings = readSettings(given.context);
  if (given.profile !== undefined) process.env.AWS_PROFILE = given.profile;
  if (command === 'deploy') {
    await check(settings, given, 'deploy');
    return cdk(['deploy', '--all', ...given.all]);
  }
  if (command === 'destroy') {
    await check(settings, given, 'destroy');
    return destroy(settings, given);
  }
  throw new InvalidInput(`There is no command "${command}".`, 'Use deploy or destroy.');
}

async function check(
  { prefix }: Settings,
  { toolkitStack }: DeployArguments,
  command: 'deploy' | 'destroy',
): Promise<void> {
  checkToolkit({ pinned: pinnedToolkit(), installed: installedToolkit() });
  const cloudFormation = new CloudFormationClient({ maxAttempts: 3 });
  const target = await checkAccount(cloudFormation, toolkitStack);
  const { state, service } = stackNames(prefix);
  const stacks = await checkStacks(cloudFormation, [state, service]);
  if (command === 'deploy') {
    for (const stack of stacks) checkStatus(stack);
    const machines = MACHINE_NAMES.map((name) => stateMachineName(prefix, name));
    const isFirst = !stacks.some(({ StackName }) => StackName === service);
    if (isFirst) await checkMachines(new SFNClient({ maxAttempts: 3 }), target, machines);
  }
  process.stderr.write(`Account ${target.account}, ${target.region}, prefix ${prefix}.\n`);
}

/** What is protected stays; the message says how to have it deleted, too. */
function destroy({ prefix, protect }: Settings, { all }: DeployArguments): number {
  const { state, service } = stackNames(prefix);
  const status = cdk(['destroy', ...(protect ? [service] : ['--all']), ...all]);
  if (protect && status === 0) {
    process.stderr.write(
      `The stack ${state} is kept: the table, the payloads and their key. To delete it, too:\n` +
        `  npx cdk deploy ${state} -c protect=false -c prefix=${prefix}\n` +
        `  npm run destroy -- -c protect=false -c prefix=${prefix}\n`,
    );
  }
  return status;
}

function cdk(args: readonly string[]): number {
  const { status, error } = spawnSync(process.execPath, [require.resolve('aws-cdk/bin/cdk'), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (error) throw error;
  return status ?? 1;
}

function pinnedToolkit(): string {
  const { devDependencies } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return devDependencies['aws-cdk']!;
}

function installedToolkit(): string | undefined {
  try {
    return (require('aws-cdk/package.json') as { version: string }).version;
  } catch {
    return undefined;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  process.stderr.write(`error: ${error.message}\n  fix: ${error.fix}\n`);
  process.exitCode = 2;
}
