/**
 * A function's files as one zip file, as Lambda takes them: a deployment then handles one file a function instead of fifty, and uploads
 * what was built.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { Zip, type ZipInputFile } from 'fflate';

/** Deflated, of Unix and readable by all, and of the earliest date: archives of the same files are the same bytes. */
const AS_ANYONES = { compression: 8, os: 3, attrs: 0o100644 << 16, mtime: '1980-01-01' };

interface Packed {
  sizeBytes: number;
  crc: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Packs files into archives. The text of one that is in many is compressed once. */
export class Archiver {
  readonly #packed = new Map<string, Packed>();

  /** `files`: their texts by their names. */
  archive(files: ReadonlyMap<string, string>): Uint8Array {
    const parts: Uint8Array[] = [];
    const zip = new Zip((error, part) => {
      if (error) throw error;
      parts.push(part);
    });
    for (const [filename, text] of files) {
      const { sizeBytes, crc, bytes } = this.#pack(text);
      const file: ZipInputFile = { ...AS_ANYONES, filename, size: sizeBytes, crc };
      zip.add(file);
      file.ondata!(null, bytes, true);
    }
    zip.end();
    return Buffer.concat(parts);
  }

  #pack(text: string): Packed {
    const known = this.#packed.get(text);
    if (known) return known;
    const plain = Buffer.from(text);
    const packed = { sizeBytes: plain.length, crc: crc32(plain), bytes: deflateRawSync(plain) };
    this.#packed.set(text, packed);
    return packed;
  }
}

/** Writes what differs, and whole: another build of the same may be read meanwhile. */
export async function writeIfChanged(path: string, bytes: Uint8Array): Promise<void> {
  const there = await readFile(path).catch(() => undefined);
  if (there?.equals(bytes)) return;
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.fresh`;
  await writeFile(fresh, bytes);
  await rename(fresh, path);
}
