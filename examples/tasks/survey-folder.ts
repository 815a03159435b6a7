/**
 * Measures the text files of one of Holdfast's own folders. Output by `measure`: `lines` gives `{folder, count, lines, words, files}`,
 * `checksum` `{folder, checksum}`, `packed` `{folder, bytes, packedBytes}`.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { JsonObject } from '../../core/json.ts';
import { PermanentFailure, type TaskContext } from '../../core/task/handler.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const FOLDERS = ['core', 'lambdas', 'adapters', 'embedded', 'tasks', 'client', 'cli', 'examples'];
const TEXTS = new Set(['.ts', '.json', '.yaml', '.md']);

export const inputSchema = {
  type: 'object',
  required: ['folder', 'measure'],
  additionalProperties: false,
  properties: { folder: { enum: FOLDERS }, measure: { enum: ['lines', 'checksum', 'packed'] } },
};

export class NothingToMeasure extends PermanentFailure {
  override readonly name = 'NothingToMeasure';
}

export interface SurveyInput {
  folder: string;
  measure: 'lines' | 'checksum' | 'packed';
}

export async function handler({ folder, measure }: SurveyInput, context: TaskContext): Promise<JsonObject> {
  const texts = await readTexts(join(ROOT, folder), context.signal);
  if (texts.length === 0) throw new NothingToMeasure(`${folder} has no text files; install Holdfast again.`);
  switch (measure) {
    case 'lines':
      return {
        folder,
        count: texts.length,
        lines: sum(texts, ({ text }) => text.split('\n').length),
        words: sum(texts, ({ text }) => text.match(/\w+/g)?.length ?? 0),
        files: texts.map(({ file }) => file),
      };
    case 'checksum': {
      const hash = createHash('sha256');
      for (const { file, text } of texts) hash.update(`${file}\0${text}\0`);
      return { folder, checksum: hash.digest('hex') };
    }
    case 'packed': {
      const bytes = Buffer.from(texts.map(({ text }) => text).join(''));
      const packed = await promisify(gzip)(bytes, { level: 9 });
      return { folder, bytes: bytes.length, packedBytes: packed.length };
    }
  }
}

interface Text {
  /** Relative to Holdfast's folder. */
  file: string;
  text: string;
}

async function readTexts(folder: string, signal: AbortSignal): Promise<Text[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && TEXTS.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const texts: Text[] = [];
  for (const path of paths)
    texts.push({ file: relative(ROOT, path), text: await readFile(path, { encoding: 'utf8', signal }) });
  return texts;
}

const sum = <T>(items: T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
