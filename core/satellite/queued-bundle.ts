import { InvalidInput } from '../errors.ts';
import { PRECEDENCES, type Precedence } from './precedence.ts';

/** A bundle as a link's queue knows it. */
export interface QueuedBundle {
  id: string;
  precedence: Precedence;
  /** Whose allowance it uses: the node or partner that made it. */
  originator: string;
  sizeBytes: number;
  /** When its last byte has to be there. @default it never expires */
  deadlineMs?: number;
  /** @default true */
  isFragmentable?: boolean;
  /** From its beginning, what is there already: of a bundle that goes on after a restart. @default 0 */
  sentBytes?: number;
}

/** A part of a bundle that is to be sent now. */
export interface Fragment {
  /** Names it in `sent` and `failed`. */
  number: number;
  bundle: QueuedBundle;
  /** After demotion. */
  precedence: Precedence;
  offsetBytes: number;
  sizeBytes: number;
  /** When it is on the air. */
  startMs: number;
  endMs: number;
}

/** What became of a bundle other than being sent. */
export type QueueReport =
  | { kind: 'demoted'; bundle: QueuedBundle; atMs: number; to: Precedence }
  | { kind: 'expired' | 'evicted'; bundle: QueuedBundle; atMs: number; unsentBytes: number; reason: string };

export interface Totals {
  bundles: number;
  bytes: number;
}

/** At every instant accepted = sent + waiting + expired + evicted, in bundles and in bytes. */
export interface QueueTotals {
  accepted: Totals;
  sent: Totals;
  /** What was handed out and not yet answered for is waiting too. */
  waiting: Totals;
  expired: Totals;
  evicted: Totals;
  /** Of the accepted. */
  demoted: Totals;
}

const ID_LENGTH_MAX = 400;
const SIZE_BYTES_MAX = 2 ** 48;

/** Errors: `InvalidInput`. */
export function checkBundle(bundle: QueuedBundle): void {
  const { id, originator, precedence, sizeBytes, sentBytes = 0, deadlineMs = Infinity } = bundle;
  const refuse = (what: string, came: unknown, fix: string): never => {
    throw new InvalidInput(`${what} is ${String(came).slice(0, 60)}.`, fix);
  };
  if (typeof id !== 'string' || id === '' || id.length > ID_LENGTH_MAX)
    refuse('The id of a bundle', id, `Give 1 to ${ID_LENGTH_MAX} characters.`);
  if (typeof originator !== 'string' || originator.length > ID_LENGTH_MAX)
    refuse(`The originator of bundle ${id}`, originator, `Give at most ${ID_LENGTH_MAX} characters.`);
  if (!PRECEDENCES.includes(precedence))
    refuse(`The precedence of bundle ${id}`, precedence, `Give one of ${PRECEDENCES.join(', ')}.`);
  if (!Number.isInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > SIZE_BYTES_MAX)
    refuse(`The size of bundle ${id}`, sizeBytes, `Give whole bytes from 1 to ${SIZE_BYTES_MAX}.`);
  if (!Number.isInteger(sentBytes) || sentBytes < 0 || sentBytes >= sizeBytes)
    refuse(`What is sent of bundle ${id}`, sentBytes, 'Give whole bytes from 0 to below its size.');
  if (Number.isNaN(deadlineMs))
    refuse(`The deadline of bundle ${id}`, deadlineMs, 'Give epoch milliseconds, or none.');
}
