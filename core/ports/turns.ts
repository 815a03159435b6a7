/** Counts for whatever goes round in turn. */
export interface Turns {
  /** 0, 1, 2 … for each key; it may begin again when the host does. Errors: `StoreUnavailable`. */
  next(key: string): Promise<number>;
}
