/** The documents that people read, and the blocks in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

export interface Block {
  /** From the root. */
  document: string;
  /** Of its first line within, 1-based. */
  line: number;
  /** First word after the fence. */
  language: string;
  text: string;
}

/** Markdown files from the root: the front page, how to contribute, all of `docs/` and of `examples/`. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .sort(),
  ),
];

export const read = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

export const exists = (path: string): boolean => existsSync(join(ROOT, path));

export function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  read(document)
    .split('\n')
    .forEach((line, index) => {
      const fence = /^```(\S*)/.exec(line);
      if (open && fence) {
        blocks.push(open);
        open = undefined;
      } else if (fence) {
        open = { document, line: index + 2, language: fence[1]!, text: '' };
      } else if (open) {
        open.text += `${line}\n`;
      }
    });
  if (open) throw new Error(`${document}:${open.line}: the block is not closed`);
  return blocks;
}

/** A document without its blocks. */
export const proseOf = (document: string): string => read(document).replaceAll(/^```[\s\S]*?^```$/gm, '');

/** Texts in backticks outside blocks. */
export const codeOf = (document: string): string[] =>
  [...proseOf(document).matchAll(/(`+)(.+?)\1/g)].map(([, , text]) => text!.trim());

/** What stands under a heading, up to the next one of its rank or above, without blocks. */
export function sectionOf(document: string, heading: string): string {
  const lines = proseOf(document).split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start === -1) throw new Error(`${document} has no heading "${heading}"`);
  const rank = lines[start]!.indexOf(' ');
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= rank);
  return lines.slice(start, length === -1 ? undefined : start + 1 + length).join('\n');
}

/** The one block of a document that satisfies `has`. */
export function blockWith(document: string, has: (block: Block) => boolean): Block {
  const found = blocksOf(document).filter(has);
  if (found.length !== 1) throw new Error(`${document} has ${found.length} such blocks`);
  return found[0]!;
}
