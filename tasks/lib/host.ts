/** Where the host keeps what handlers read and write. The host sets the variables; the defaults are the host's own. */
import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { PermanentFailure } from '../../core/task/handler.ts';

/** A path that leads out of the folder that tasks may touch. */
export class ForbiddenPath extends PermanentFailure {
  override readonly name = 'ForbiddenPath';
}

/** `HOLDFAST_DATA_DIR`, or `.holdfast` in the working directory. */
export function dataDir(): string {
  return resolve(process.env.HOLDFAST_DATA_DIR || '.holdfast');
}

/** Whether what handlers write there is there for those that come later. `HOLDFAST_DATA_LASTS=0`: no, as on the disk of a function. */
export const dataLasts = (): boolean => process.env.HOLDFAST_DATA_LASTS !== '0';

/** The files that tasks may read, write and remove: `HOLDFAST_FILES_DIR`, or `files` in the data directory. */
export function filesDir(): string {
  return resolve(process.env.HOLDFAST_FILES_DIR || join(dataDir(), 'files'));
}

/**
 * The absolute path of `name` inside `root`, links resolved, so that neither `..` nor a link leads out of it.
 * The file itself need not exist. Errors: `ForbiddenPath`.
 */
export async function pathInside(root: string, name: string): Promise<string> {
  if (name === '' || name.includes('\0') || isAbsolute(name)) throw outside(root, name);
  const wanted = resolve(root, name);
  if (!contains(root, wanted)) throw outside(root, name);
  const realRoot = await nearestRealPath(root);
  if (!contains(realRoot, await nearestRealPath(wanted))) throw outside(root, name);
  return wanted;
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

async function nearestRealPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // A dangling link exists and would be followed on writing; only what is truly absent is judged by its parent.
    const entry = await lstat(path).catch(() => undefined);
    if (entry?.isSymbolicLink()) return sep;
    return join(await nearestRealPath(dirname(path)), relative(dirname(path), path));
  }
}

function outside(root: string, name: string): ForbiddenPath {
  return new ForbiddenPath(
    `The path "${name}" is not inside ${root}. Name a file relative to that folder, without ".." or links out of it; ` +
      'HOLDFAST_FILES_DIR sets another folder when the host starts.',
  );
}
