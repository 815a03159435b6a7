import { randomUUID } from 'node:crypto';
import { glob, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PermanentFailure } from '../../core/task/handler.ts';
import { filesDir, pathInside } from './host.ts';

export interface FoundFile {
  /** Relative to the files folder. */
  name: string;
  path: string;
  sizeBytes: number;
  modifiedMs: number;
}

/** Matches beyond this are a mistake in the pattern. */
const FILES_MAX = 10_000;

export class TooManyFiles extends PermanentFailure {
  override readonly name = 'TooManyFiles';
}

/**
 * The files in the files folder that the names or glob patterns mean, in order of name; folders are passed over.
 * Errors: `ForbiddenPath` for a name or a link that leads out of the folder, `TooManyFiles`.
 */
export async function findFiles(patterns: string[]): Promise<FoundFile[]> {
  const root = filesDir();
  const found = new Map<string, FoundFile>();
  for (const pattern of patterns) {
    await pathInside(root, pattern.replaceAll(/[*?[\]{}]/g, '_'));
    for await (const name of glob(pattern, { cwd: root })) {
      const path = await pathInside(root, name);
      const info = await stat(path).catch(() => undefined);
      if (!info?.isFile()) continue;
      found.set(name, { name, path, sizeBytes: info.size, modifiedMs: info.mtimeMs });
      if (found.size > FILES_MAX)
        throw new TooManyFiles(
          `"${pattern}" matches more than ${FILES_MAX} files. Name a narrower pattern, or split the task.`,
        );
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Writes a file in the files folder whole or not at all, also across a power cut. Returns its path. */
export async function saveFile(name: string, content: string | Uint8Array): Promise<string> {
  const path = await pathInside(filesDir(), name);
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return path;
}
