import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput, PayloadCorrupt, StoreUnavailable } from '../../core/errors.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';

const REF = /^sha256:([0-9a-f]{64})$/;

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function parseRef(ref: string): string {
  const hash = REF.exec(ref)?.[1];
  if (hash) return hash;
  throw new InvalidInput(`"${ref}" is not a payload reference.`, 'Give sha256: and 64 hexadecimal digits.');
}

/** Files named by the SHA-256 of their content, `<dataDir>/payloads/ab/cdef…`. */
export class FilePayloadStore implements PayloadStore {
  readonly #folder: string;
  #writes = 0;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'payloads');
  }

  async put(bytes: Uint8Array): Promise<string> {
    const hash = hashOf(bytes);
    const file = this.#file(hash);
    try {
      // A file of that name and length is whole: it got its name only after its content was synced.
      if ((await sizeOf(file)) !== bytes.byteLength) await this.#write(file, bytes);
    } catch (error) {
      throw new StoreUnavailable(
        `The payload ${file} can not be written (${(error as Error).message}).`,
        'Free some space or mend the permissions of the data directory, then try again.',
        { cause: error },
      );
    }
    return `sha256:${hash}`;
  }

  async get(ref: string): Promise<Uint8Array | undefined> {
    const file = this.#file(parseRef(ref));
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const hash = hashOf(bytes);
    if (`sha256:${hash}` === ref) return bytes;
    throw new PayloadCorrupt(
      `The payload ${file} has ${bytes.byteLength} bytes that hash to ${hash}.`,
      'Restore the file from a backup, or restart the execution that made it.',
    );
  }

  #file(hash: string): string {
    return join(this.#folder, hash.slice(0, 2), hash.slice(2));
  }

  async #write(file: string, bytes: Uint8Array): Promise<void> {
    const folder = join(file, '..');
    await mkdir(folder, { recursive: true });
    const temporary = `${file}.${process.pid}-${++this.#writes}.tmp`;
    try {
      await sync(temporary, 'wx', bytes);
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    // The names are durable only once their folders are.
    for (const parent of [folder, this.#folder, join(this.#folder, '..')]) await sync(parent, 'r');
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function sync(path: string, flags: 'r' | 'wx', bytes?: Uint8Array): Promise<void> {
  await using handle = await open(path, flags);
  if (bytes) await handle.writeFile(bytes);
  await handle.sync();
}

/** For a host whose store is in memory, too. */
export class MemoryPayloadStore implements PayloadStore {
  readonly #payloads = new Map<string, Uint8Array>();

  put(bytes: Uint8Array): Promise<string> {
    const ref = `sha256:${hashOf(bytes)}`;
    if (!this.#payloads.has(ref)) this.#payloads.set(ref, Uint8Array.from(bytes));
    return Promise.resolve(ref);
  }

  get(ref: string): Promise<Uint8Array | undefined> {
    try {
      parseRef(ref);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    const bytes = this.#payloads.get(ref);
    return Promise.resolve(bytes && Uint8Array.from(bytes));
  }
}
