/** Identifiers as a port. */
export interface Ids {
  /** A new identifier `<prefix>_<26 characters>`, later ones sorting after earlier ones. */
  next(prefix: string): string;
}
