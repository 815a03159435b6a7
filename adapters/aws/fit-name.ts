import { createHash } from 'node:crypto';

/** 128 bits of SHA-256: nobody finds two names of the same. */
const HASH_LENGTH = 32;
const HASHED = new RegExp(`-[0-9a-f]{${HASH_LENGTH}}$`);

export interface NameRules {
  lengthMax: number;
  /** Matches each character that may not be in a name, globally. */
  forbidden: RegExp;
}

/**
 * A name within a service's rules; different names stay different. One that fits stays as it is; another keeps its readable
 * beginning and ends in its hash, and so does one that only looks as if it did.
 */
export function fitName(name: string, { lengthMax, forbidden }: NameRules): string {
  const readable = name.replaceAll(forbidden, '-');
  if (readable === name && name !== '' && name.length <= lengthMax && !HASHED.test(name)) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  return `${readable.slice(0, lengthMax - HASH_LENGTH - 1)}-${hash}`;
}
