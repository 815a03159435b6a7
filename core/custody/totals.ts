import { type CustodyTotals, TRANSFER_STATES } from './transfer.ts';

export function noTotals(): CustodyTotals {
  const none = ['accepted', ...TRANSFER_STATES].map((name) => [name, { bundles: 0, bytes: 0 }]);
  return Object.fromEntries(none) as CustodyTotals;
}
