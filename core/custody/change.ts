import { InvalidInput } from '../errors.ts';
import type { TransferChange } from '../ports/custody-store.ts';
import { checkTransfer } from './check.ts';
import { type Transfer, TRANSFER_OPEN } from './transfer.ts';

export const isOpen = ({ state }: Pick<Transfer, 'state'>): boolean => TRANSFER_OPEN.includes(state);

/** Refuses with `InvalidInput` what can't be taken into custody. */
export function checkAccepted(transfer: Transfer): void {
  checkTransfer(transfer);
  if (isOpen(transfer)) return;
  throw new InvalidInput(
    `Bundle "${transfer.bundleId}" is ${transfer.state} before it was accepted.`,
    `Accept it as one of ${TRANSFER_OPEN.join(', ')}.`,
  );
}

/**
 * The transfer as the change makes it; undefined where it isn't as the change expects, or has ended. Errors: `InvalidInput`
 * for what no transfer can be.
 */
export function changedBy({ expect, set }: TransferChange, transfer: Transfer): Transfer | undefined {
  const { states, attempt } = expect;
  if (!isOpen(transfer) || !states.includes(transfer.state)) return undefined;
  if (attempt !== undefined && attempt !== transfer.attempt) return undefined;
  const { hop, ...rest } = { ...transfer, ...set };
  const next = hop === undefined ? rest : { ...rest, hop };
  checkTransfer(next);
  return next;
}
