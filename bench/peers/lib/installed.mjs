import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const modules = new URL('../node_modules/', import.meta.url);
const DEBIAN_POSTGRES = '/usr/lib/postgresql';

/** A part of a peer that is not on this machine; `fix` says how to get it. */
export class MissingPartError extends Error {
  name = 'MissingPartError';
  constructor(part, fix) {
    super(`${part} is not installed: ${fix}`);
  }
}

/** The installed version of an npm package of this folder. */
export function packageVersion(name) {
  const manifest = new URL(`${name}/package.json`, modules);
  if (!existsSync(manifest))
    throw new MissingPartError(`The npm package ${name}`, 'run node bench/peers/setup.mjs');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/** Path of a file inside an npm package of this folder. */
export function packageFile(name, file) {
  packageVersion(name);
  return new URL(`${name}/${file}`, modules).pathname;
}

/** `{command, version}` of redis-server on the PATH. */
export function redisServer() {
  const directory = (process.env.PATH ?? '')
    .split(delimiter)
    .find((entry) => existsSync(join(entry, 'redis-server')));
  if (!directory) throw new MissingPartError('redis-server', 'apt-get install redis-server');
  const command = join(directory, 'redis-server');
  return { command, version: versionOf(command, /v=(\S+)/) };
}

/** `{directory, version}` of PostgreSQL's programs: 15, the version compared against, or else the newest there is. */
export function postgres() {
  const majors = existsSync(DEBIAN_POSTGRES) ? readdirSync(DEBIAN_POSTGRES) : [];
  const directory = majors
    .toSorted((a, b) => Number(b === '15') - Number(a === '15') || Number(b) - Number(a))
    .map((major) => join(DEBIAN_POSTGRES, major, 'bin'))
    .find((candidate) => existsSync(join(candidate, 'postgres')) && existsSync(join(candidate, 'initdb')));
  if (!directory) throw new MissingPartError('PostgreSQL', 'apt-get install postgresql');
  return { directory, version: versionOf(join(directory, 'postgres'), /(\d+(?:\.\d+)+)/) };
}

/** `{uid, gid}` to run PostgreSQL as, which refuses root; undefined when this process isn't root. */
export function postgresOwner() {
  if (process.getuid() !== 0) return undefined;
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function versionOf(command, pattern) {
  const text = execFileSync(command, ['--version'], { encoding: 'utf8' });
  return pattern.exec(text)?.[1] ?? text.trim();
}
