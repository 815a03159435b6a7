import type { TransferChange } from '../ports/custody-store.ts';
import { type Transfer, TRANSFER_OPEN } from './transfer.ts';

/** The transfer as the change makes it; undefined where it isn't as the change expects, or has ended. */
export function changedBy({ expect, set }: TransferChange, transfer: Transfer): Transfer | undefined {
  const { states, attempt } = expect;
  if (!isOpen(transfer) || !states.includes(transfer.state)) return undefined;
  if (attempt !== undefined && attempt !== transfer.attempt) return undefined;
  const { hop, ...rest } = { ...transfer, ...set };
  return hop === undefined ? rest : { ...rest, hop };
}

export const isOpen = ({ state }: Pick<Transfer, 'state'>): boolean => TRANSFER_OPEN.includes(state);
