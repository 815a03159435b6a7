import type { DefinitionIssue } from '../errors.ts';

/** Where in a document: keys and list places from its root. */
export type Path = readonly (string | number)[];

export interface Position {
  line: number;
  column: number;
}

interface Found {
  path: Path;
  message: string;
  fix: string;
  /** Points at the key of the path's last step, not at its value. */
  atKey: boolean;
  position?: Position;
}

/** Beyond this many the rest are only counted. */
const maxIssues = 200;

/** `tasks[2].dependsOn[0]`; the document itself is `(document)`. */
export function formatPath(path: Path): string {
  if (path.length === 0) return '(document)';
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** A value for a message: short, and by kind where it is large. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text =
    typeof value === 'bigint' || typeof value === 'number'
      ? String(value)
      : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Collects everything wrong with a document, so that one refusal names all of it. */
export class Issues {
  readonly #found: Found[] = [];
  readonly #paths = new Set<string>();
  #dropped = 0;

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  get count(): number {
    return this.#found.length + this.#dropped;
  }

  /** True when something is wrong at exactly this place already. */
  concern(path: Path): boolean {
    return this.#paths.has(formatPath(path));
  }

  add(path: Path, message: string, fix: string, at: { key?: boolean; position?: Position } = {}): void {
    if (this.#found.length >= maxIssues) {
      this.#dropped++;
      return;
    }
    this.#paths.add(formatPath(path));
    this.#found.push({
      path: [...path],
      message,
      fix,
      atKey: at.key === true,
      ...(at.position && { position: at.position }),
    });
  }

  /** In the order of the document where positions are known. */
  list(locate: (path: Path, atKey: boolean) => Position | undefined): DefinitionIssue[] {
    const list = this.#found.map((found): DefinitionIssue => {
      const position = found.position ?? locate(found.path, found.atKey);
      return { path: formatPath(found.path), message: found.message, fix: found.fix, ...position };
    });
    list.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    if (this.#dropped > 0)
      list.push({
        path: formatPath([]),
        message: `${this.#dropped} more problems are not listed.`,
        fix: 'Mend those above first.',
      });
    return list;
  }
}
