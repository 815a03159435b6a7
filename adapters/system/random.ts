import type { Random } from '../../core/ports/random.ts';

/** The runtime's own generator: for jitter and ids, not for secrets. */
export class SystemRandom implements Random {
  next(): number {
    return Math.random();
  }
}
