import type { Path } from './issues.ts';

/** Where each part of the canonical form was written, so that later checks can point into the document. */
export class Origins {
  readonly #places = new Map<string, Path>();

  set(canonical: Path, source: Path): void {
    this.#places.set(canonical.join('\0'), source);
  }

  /** The place in the document: that of the nearest recorded part, and the rest of the path below it. */
  resolve(canonical: Path): Path {
    for (let length = canonical.length; length >= 0; length--) {
      const source = this.#places.get(canonical.slice(0, length).join('\0'));
      if (source) return [...source, ...canonical.slice(length)];
    }
    return canonical;
  }
}
