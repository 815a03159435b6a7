import type { Path } from './issues.ts';

interface Place {
  source?: Path;
  below?: Map<string | number, Place>;
}

/** Where each part of the canonical form was written, so that later checks can point into the document. */
export class Origins {
  readonly #root: Place = {};

  set(canonical: Path, source: Path): void {
    let place = this.#root;
    for (const step of canonical) {
      place.below ??= new Map();
      let next = place.below.get(step);
      if (!next) place.below.set(step, (next = {}));
      place = next;
    }
    place.source = source;
  }

  /** The place in the document: that of the nearest recorded part, and the rest of the path below it. */
  resolve(canonical: Path): Path {
    let place: Place | undefined = this.#root;
    let nearest: Path = [];
    let depth = 0;
    for (let at = 0; place; at++) {
      if (place.source) [nearest, depth] = [place.source, at];
      if (at === canonical.length) break;
      place = place.below?.get(canonical[at]!);
    }
    return [...nearest, ...canonical.slice(depth)];
  }
}
