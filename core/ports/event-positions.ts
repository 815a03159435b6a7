/** Where the logs end. */
export interface EventPositions {
  /** The newest `seq` of an execution, or the newest cursor of the feed over all (undefined); 0 when there is none. Sees every append that has resolved. */
  newest(executionId: string | undefined): Promise<number>;
}
