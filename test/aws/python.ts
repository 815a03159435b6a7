/** The Python that the emulator runs on: one of this machine, with what `requirements.txt` names in an environment of its own. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/aws-emulator');
const IS_RECENT = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

/** Python 3.10 or later that can make environments; undefined where there is none. */
export function findPython(): string | undefined {
  return ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10'].find(
    (name) => spawnSync(name, ['-c', IS_RECENT]).status === 0,
  );
}

/** The environment's own Python; what it needs is fetched where it isn't there yet. */
export function emulatorPython(python: string): string {
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16);
  const folder = join(CACHE, hash);
  if (!existsSync(folder)) {
    const unfinished = `${folder}-${process.pid}`;
    try {
      run(python, ['-m', 'venv', '--copies', unfinished]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
      run(programIn(unfinished), [...pip, '--requirement', REQUIREMENTS]);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return programIn(folder);
}

const programIn = (folder: string): string => join(folder, 'bin/python');

function run(program: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(
    `The emulator can't be installed: ${program} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`,
  );
}
