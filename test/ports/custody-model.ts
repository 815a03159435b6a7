/** What a ledger is, said as simply as can be: the truth that random histories are compared with. */
import { type CustodyTotals, type Transfer, TRANSFER_STATES } from '../../core/custody/transfer.ts';
import type { TransferChange } from '../../core/ports/custody-store.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';

const ENDS = new Set(['acknowledged', 'expired', 'dead']);

export class NaiveCustody {
  readonly transfers = new Map<string, Transfer>();
  /** As it was when it was forgotten. */
  readonly forgotten: Transfer[] = [];

  accept(transfer: Transfer): boolean {
    if (this.transfers.has(transfer.bundleId)) return false;
    this.transfers.set(transfer.bundleId, transfer);
    return true;
  }

  change({ bundleId, expect, set }: TransferChange): boolean {
    const standing = this.transfers.get(bundleId);
    if (!standing || ENDS.has(standing.state) || !expect.states.includes(standing.state)) return false;
    if (expect.attempt !== undefined && expect.attempt !== standing.attempt) return false;
    const next = { ...standing, ...set };
    if (next.hop === undefined) delete next.hop;
    this.transfers.set(bundleId, next);
    return true;
  }

  forget(beforeMs: number): number {
    let count = 0;
    for (const transfer of this.transfers.values()) {
      if (!ENDS.has(transfer.state) || transfer.expiresMs >= beforeMs) continue;
      this.transfers.delete(transfer.bundleId);
      this.forgotten.push(transfer);
      count++;
    }
    return count;
  }

  open(wanted: (transfer: Transfer) => boolean = () => true): Transfer[] {
    const rank = ({ precedence }: Transfer) => PRECEDENCES.indexOf(precedence);
    return [...this.transfers.values()]
      .filter((one) => !ENDS.has(one.state) && wanted(one))
      .sort((a, b) => rank(a) - rank(b) || a.expiresMs - b.expiresMs || (a.bundleId < b.bundleId ? -1 : 1));
  }

  totals(): CustodyTotals {
    const all = [...this.transfers.values(), ...this.forgotten];
    const sum = (of: Transfer[]) => ({
      bundles: of.length,
      bytes: of.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    });
    const states = TRANSFER_STATES.map((state) => [state, sum(all.filter((one) => one.state === state))]);
    return { accepted: sum(all), ...Object.fromEntries(states) } as CustodyTotals;
  }
}
