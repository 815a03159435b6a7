import { Heap, type Heaped } from '../heap.ts';
import { type Bundle, payloadOf } from './bundle.ts';
import { canonicalEid } from './eid.ts';
import { expiryMs } from './expiry.ts';
import { BundleRefused } from './refusal.ts';

export interface DuplicateLimits {
  /** How long a bundle is remembered beyond its expiry: what clocks may be set back by. */
  windowMs: number;
  /** Bundles remembered of one source. */
  sourceEntriesMax: number;
  /** Bundles remembered of all. */
  entriesMax: number;
}

interface Entry extends Heaped {
  id: string;
  source: string;
  forgetMs: number;
}

/**
 * What tells a bundle from all others: source, creation time and sequence number; of a fragment its offset and size too,
 * because another split of the same bundle may start at the same place (RFC 9171, section 4.2.7 and 4.3.1).
 */
export function bundleId(bundle: Bundle): string {
  const { source, creation, fragment } = bundle.primary;
  const id = `${canonicalEid(source)} ${creation.dtnMs} ${creation.sequence}`;
  return fragment ? `${id} ${fragment.offset} ${payloadOf(bundle).length}` : id;
}

/**
 * Remembers bundles until they can't come again: until their lifetime is over, when `checkArrival` refuses them, and a
 * window beyond. Nothing is forgotten earlier to make room; who sends more than there is room for is refused.
 */
export class DuplicateFilter {
  readonly #limits: DuplicateLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #countBySource = new Map<string, number>();
  readonly #byTime = new Heap<Entry>((a, b) => a.forgetMs < b.forgetMs);

  constructor(limits: DuplicateLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether it came before. */
  has(bundle: Bundle): boolean {
    return this.#entries.has(bundleId(bundle));
  }

  /** Takes a bundle the first time. Throws `BundleRefused`: duplicate, flooding. */
  admit(bundle: Bundle, nowMs: number): void {
    this.forget(nowMs);
    const id = bundleId(bundle);
    if (this.#entries.has(id)) throw new BundleRefused('duplicate', `The bundle ${id} came before`);
    const source = canonicalEid(bundle.primary.source);
    const ofSource = this.#countBySource.get(source) ?? 0;
    const { entriesMax, sourceEntriesMax, windowMs } = this.#limits;
    if (ofSource >= sourceEntriesMax || this.#entries.size >= entriesMax) {
      const whose =
        ofSource >= sourceEntriesMax ? `${ofSource} of ${source}` : `${this.#entries.size} of all sources`;
      throw new BundleRefused(
        'flooding',
        `There are ${whose} among the bundles that have not expired, the most there may be`,
      );
    }
    const entry: Entry = { id, source, forgetMs: expiryMs(bundle, nowMs) + windowMs, place: -1 };
    this.#entries.set(id, entry);
    this.#countBySource.set(source, ofSource + 1);
    this.#byTime.add(entry);
  }

  /** Forgets what can't come again; how many they were. */
  forget(nowMs: number): number {
    let count = 0;
    for (let entry = this.#byTime.peek(); entry && entry.forgetMs <= nowMs; entry = this.#byTime.peek()) {
      this.#byTime.remove(entry);
      this.#entries.delete(entry.id);
      const left = this.#countBySource.get(entry.source)! - 1;
      if (left > 0) this.#countBySource.set(entry.source, left);
      else this.#countBySource.delete(entry.source);
      count++;
    }
    return count;
  }
}
