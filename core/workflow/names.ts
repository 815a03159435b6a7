import { distance } from 'fastest-levenshtein';

const maxNameLength = 200;

/** A valid id from any text: `Validate Data` gives `validate-data`; empty where nothing usable is in it. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, maxNameLength)
    .replace(/-+$/, '');
}

/** The name that was probably meant, or undefined when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name);
  const limit = Math.min(wanted.length - 1, Math.max(2, Math.floor(wanted.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const away = distance(wanted, fold(candidate));
    if (away < bestDistance) [best, bestDistance] = [candidate, away];
  }
  return best;
}

/** `Did you mean "x"?`, or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}

/** Case and separators aside, so that `depends_on` is at no distance from `dependsOn`. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}
