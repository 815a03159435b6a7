import { BUNDLE_BYTES_MAX } from '../bundle/decode.ts';
import { InvalidInput, PayloadTooLarge } from '../errors.ts';
import type { TransferChange } from '../ports/custody-store.ts';
import { checkTransfer } from './check.ts';
import { type Transfer, TRANSFER_OPEN } from './transfer.ts';

export const isOpen = ({ state }: Pick<Transfer, 'state'>): boolean => TRANSFER_OPEN.includes(state);

/** Errors: `InvalidInput` for what can't be taken into custody, `PayloadTooLarge`. */
export function checkAccepted(transfer: Transfer, { byteLength }: Uint8Array): void {
  const { bundleId, state } = transfer;
  checkTransfer(transfer);
  if (!isOpen(transfer)) {
    throw new InvalidInput(
      `Bundle "${bundleId}" is ${state} before it was accepted.`,
      `Accept it as one of ${TRANSFER_OPEN.join(', ')}.`,
    );
  }
  if (byteLength <= BUNDLE_BYTES_MAX) return;
  throw new PayloadTooLarge(
    `Bundle "${bundleId}" has ${byteLength} bytes, above ${BUNDLE_BYTES_MAX}.`,
    'Fragment it, or pass a reference to what is large in it.',
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
