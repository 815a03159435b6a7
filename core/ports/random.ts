/** Randomness as a port. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
