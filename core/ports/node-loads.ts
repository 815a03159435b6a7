/** What nodes say of how much they have to do. */
export interface NodeLoads {
  /** Tasks that each node runs, as far as it is known, by its id. Errors: `StoreUnavailable`. */
  running(): Promise<ReadonlyMap<string, number>>;
  /** A task goes there: counted until the node says itself what it runs. */
  placed(node: string): void;
}
