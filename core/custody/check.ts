import { InvalidInput } from '../errors.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import { type Transfer, TRANSFER_STATES } from './transfer.ts';

const TIMES = ['acceptedMs', 'expiresMs', 'dueMs', 'endedMs'] as const;
const MAX = Number.MAX_SAFE_INTEGER;

/** Refuses with `InvalidInput` what a ledger could keep but not order, add up or find again. */
export function checkTransfer(transfer: Transfer): void {
  const { bundleId, precedence, state, sizeBytes, attempt } = transfer;
  const refuse = (what: string, came: unknown, fix: string): never => {
    throw new InvalidInput(`The ${what} of bundle "${bundleId}" is ${String(came).slice(0, 60)}.`, fix);
  };
  if (bundleId === '') refuse('id', 'empty', 'Give the id that bundleId gives.');
  if (!PRECEDENCES.includes(precedence))
    refuse('precedence', precedence, `Give one of ${PRECEDENCES.join(', ')}.`);
  if (!TRANSFER_STATES.includes(state)) refuse('state', state, `Give one of ${TRANSFER_STATES.join(', ')}.`);
  for (const [name, count] of Object.entries({ sizeBytes, attempt }))
    if (!Number.isSafeInteger(count) || count < 0) refuse(name, count, 'Give a whole number from 0.');
  for (const name of TIMES) {
    const atMs = transfer[name];
    if (name === 'endedMs' && atMs === undefined) continue;
    if (!(typeof atMs === 'number' && atMs >= 0 && atMs <= MAX))
      refuse(name, atMs, `Give epoch milliseconds, at most ${MAX}.`);
  }
}
