import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { postgres, redisServer } from './lib/installed.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const debianPackages = { 'redis-server': redisServer, postgresql: postgres };

function run(command, args, env = {}) {
  execFileSync(command, args, { cwd: here, stdio: 'inherit', env: { ...process.env, ...env } });
}

function installNpmPackages() {
  try {
    // No install scripts: the peers need none, and one of them reports the installation to a third party.
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  } catch (error) {
    console.error(
      `npm ci failed in ${here}: ${error.message}. The peers that need its packages are left out.`,
    );
  }
}

function missingDebianPackages() {
  return Object.entries(debianPackages)
    .filter(([, find]) => {
      try {
        find();
        return false;
      } catch {
        return true;
      }
    })
    .map(([name]) => name);
}

function installDebianPackages(packages) {
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const hasAptGet = (process.env.PATH ?? '')
    .split(delimiter)
    .some((entry) => existsSync(join(entry, 'apt-get')));
  if (process.getuid() !== 0 || !hasAptGet) {
    console.error(`Missing Debian packages: ${packages.join(', ')}. As root, run: ${command}`);
    return;
  }
  // RUNLEVEL=1 keeps the packages from starting servers of their own where the init system heeds it.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    run('apt-get', ['update', '-qq'], env);
    run('apt-get', command.split(' ').slice(1), env);
  } catch (error) {
    console.error(`${command} failed: ${error.message}. The peers that need the packages are left out.`);
  }
}

installNpmPackages();
const missing = missingDebianPackages();
if (missing.length > 0) installDebianPackages(missing);
run(process.execPath, [join(here, 'run.mjs'), 'list']);
