/** The attempts that run now. */
export interface Attempts {
  /** Asks every running attempt of an execution to stop. What doesn't listen is fenced off all the same. */
  abort(executionId: string, reason: string): Promise<void>;
}
