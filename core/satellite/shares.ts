/** Who is next: strict precedences, those below by deficit round robin, and floors that hold at any load. */
import { InvalidInput } from '../errors.ts';
import { STRICT } from './policing.ts';
import { PRECEDENCES, type Precedence } from './precedence.ts';

export type SharedPrecedence = Exclude<Precedence, (typeof STRICT)[number]>;

export interface ShareOptions {
  /** Relative shares of what the strict ones leave. @default priority 6, routine 3, deferred 1 */
  weights?: Partial<Record<SharedPrecedence, number>>;
  /** Of everything sent, what one gets at least while it has something waiting. @default routine 0.1 */
  floors?: Partial<Record<SharedPrecedence, number>>;
  /**
   * So far may a floor be behind before it goes ahead of flash and flash-override too. Until then it goes ahead of
   * immediate at most. @default 64 fragments
   */
  floorDebtBytesMax?: number;
}

const FIRST_SHARED = STRICT.length;
/** Flash-override and flash: floors make way for them. */
const FIRST_BELOW_FLASH = 2;
const WEIGHTS = { priority: 6, routine: 3, deferred: 1 };
const DEBT_FRAGMENTS = 64;
/** Aimed at, of a floor: so what it is behind is made up for. */
const AIM = 17 / 16;

interface Floor {
  level: number;
  share: number;
  /** Bytes that it should have had, and hasn't. */
  debtBytes: number;
}

/** The size of what would be sent next of a level; 0 where nothing is waiting. Asked for only where it matters. */
export type NextBytes = (level: number) => number;

export class Shares {
  readonly #quanta: number[];
  readonly #deficits: number[];
  readonly #floors: Floor[];
  readonly #debtBytesMax: number;
  #turn = 0;

  /** Deficit round robin after Shreedhar and Varghese, 1995; a quantum is at least one fragment. */
  constructor(
    fragmentBytesMax: number,
    { weights, floors = { routine: 0.1 }, floorDebtBytesMax }: ShareOptions,
  ) {
    const shared = PRECEDENCES.slice(FIRST_SHARED) as SharedPrecedence[];
    const given = shared.map((precedence) => weights?.[precedence] ?? WEIGHTS[precedence]);
    if (!given.every((weight) => weight >= 1e-3 && weight <= 1e3))
      throw new InvalidInput(`The weights are ${given.join(', ')}.`, 'Give each from 0.001 to 1000.');
    const least = Math.min(...given);
    this.#quanta = given.map((weight) => (weight / least) * fragmentBytesMax);
    this.#deficits = given.map(() => 0);
    this.#floors = Object.entries(floors).map(([precedence, share]) => ({
      level: PRECEDENCES.indexOf(precedence as Precedence),
      share,
      debtBytes: 0,
    }));
    const sum = this.#floors.reduce((total, { share }) => total + share, 0);
    if (!(this.#floors.every(({ share, level }) => share >= 0 && level >= FIRST_SHARED) && sum * AIM < 1))
      throw new InvalidInput(
        `The floors are ${JSON.stringify(floors)}.`,
        'Give shares from 0, together below 0.94, for priority, routine and deferred only.',
      );
    this.#debtBytesMax = floorDebtBytesMax ?? DEBT_FRAGMENTS * fragmentBytesMax;
    if (!(this.#debtBytesMax >= 0))
      throw new InvalidInput(`floorDebtBytesMax is ${this.#debtBytesMax}.`, 'Give bytes from 0.');
  }

  /** The level whose turn it is, or -1 where nothing is waiting; it counts as served. */
  next(bytesOf: NextBytes): number {
    const level = this.#choose(bytesOf);
    if (level >= 0) this.#charge(level, bytesOf);
    return level;
  }

  #choose(bytesOf: NextBytes): number {
    const overdue = this.#due(bytesOf, this.#debtBytesMax);
    if (overdue >= 0) return overdue;
    for (let level = 0; level < FIRST_BELOW_FLASH; level++) if (bytesOf(level) > 0) return level;
    const due = this.#due(bytesOf, 0);
    if (due >= 0) return due;
    for (let level = FIRST_BELOW_FLASH; level < FIRST_SHARED; level++) if (bytesOf(level) > 0) return level;
    return this.#turnOf(bytesOf);
  }

  /** A floor that is behind by so much, and by the fragment that it would send. */
  #due(bytesOf: NextBytes, leastBytes: number): number {
    for (const { level, debtBytes } of this.#floors) {
      if (debtBytes === 0 || debtBytes < leastBytes) continue;
      const bytes = bytesOf(level);
      if (bytes > 0 && debtBytes >= bytes) return level;
    }
    return -1;
  }

  #turnOf(bytesOf: NextBytes): number {
    const sizes = this.#deficits.map((_, at) => bytesOf(FIRST_SHARED + at));
    sizes.forEach((bytes, at) => {
      if (bytes === 0) this.#deficits[at] = 0;
    });
    if (sizes.every((bytes) => bytes === 0)) return -1;
    this.#skipRounds(sizes);
    while (sizes[this.#turn] === 0 || this.#deficits[this.#turn]! < sizes[this.#turn]!) {
      this.#turn = (this.#turn + 1) % sizes.length;
      if (sizes[this.#turn]! > 0) this.#deficits[this.#turn]! += this.#quanta[this.#turn]!;
    }
    this.#deficits[this.#turn]! -= sizes[this.#turn]!;
    return FIRST_SHARED + this.#turn;
  }

  /** Rounds in which nobody's deficit would be enough: there are many where something large goes whole. */
  #skipRounds(sizes: readonly number[]): void {
    const needed = sizes.map((bytes, at) =>
      bytes === 0 ? Infinity : Math.ceil((bytes - this.#deficits[at]!) / this.#quanta[at]!),
    );
    const rounds = Math.max(0, Math.min(...needed) - 1);
    sizes.forEach((bytes, at) => {
      if (bytes > 0) this.#deficits[at]! += rounds * this.#quanta[at]!;
    });
  }

  #charge(served: number, bytesOf: NextBytes): void {
    const bytes = bytesOf(served);
    for (const floor of this.#floors)
      if (bytesOf(floor.level) === 0) floor.debtBytes = 0;
      else {
        floor.debtBytes += bytes * floor.share * AIM - (floor.level === served ? bytes : 0);
        floor.debtBytes = Math.max(floor.debtBytes, 0);
      }
  }
}
