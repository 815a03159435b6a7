/** A ledger and a network in memory, for as many hosts as a benchmark makes. */
import { changedBy, isOpen } from '../../core/custody/change.ts';
import type { CustodyTotals, Transfer } from '../../core/custody/transfer.ts';
import type { Registered } from '../../core/network/network.ts';
import type { CustodyStore, TransferChange, TransferFilter } from '../../core/ports/custody-store.ts';
import type { MeasuredLink, NetworkStore } from '../../core/ports/network-store.ts';

interface Entry {
  transfer: Transfer;
  bytes: Uint8Array | undefined;
}

const byDue = (one: Transfer, other: Transfer): number => one.dueMs - other.dueMs;

export class MemoryLedger implements CustodyStore {
  readonly #open = new Map<string, Entry>();
  readonly #ended: (transfer: Transfer) => void;

  /** @param ended told of each that is acknowledged, expired or dead, which is forgotten then */
  constructor(ended: (transfer: Transfer) => void) {
    this.#ended = ended;
  }

  async accept(transfer: Transfer, bytes: Uint8Array): Promise<boolean> {
    if (this.#open.has(transfer.bundleId)) return false;
    this.#open.set(transfer.bundleId, { transfer, bytes });
    return true;
  }

  async get(bundleId: string): Promise<Transfer | undefined> {
    return this.#open.get(bundleId)?.transfer;
  }

  async bytes(bundleId: string): Promise<Uint8Array | undefined> {
    return this.#open.get(bundleId)?.bytes;
  }

  async change(change: TransferChange): Promise<boolean> {
    const entry = this.#open.get(change.bundleId);
    const next = entry && changedBy(change, entry.transfer);
    if (next === undefined) return false;
    entry!.transfer = next;
    if (isOpen(next)) return true;
    this.#open.delete(next.bundleId);
    this.#ended(next);
    return true;
  }

  async due(atMs: number, limit: number): Promise<Transfer[]> {
    const due = this.#transfers().filter(({ dueMs }) => dueMs <= atMs);
    return due.length > 1 ? due.sort(byDue).slice(0, limit) : due;
  }

  async open({ state }: TransferFilter = {}): Promise<{ transfers: Transfer[] }> {
    return { transfers: this.#transfers().filter((one) => state === undefined || one.state === state) };
  }

  totals(): Promise<CustodyTotals> {
    throw new Error('Ended transfers are told of, not kept.');
  }

  forget = async (): Promise<number> => 0;

  #transfers = (): Transfer[] => Array.from(this.#open.values(), ({ transfer }) => transfer);
}

/** What is registered stays as it is. */
export class MemoryNetwork implements NetworkStore {
  readonly #registered: Registered;
  readonly #states = new Map<string, MeasuredLink>();

  constructor(registered: Registered) {
    this.#registered = registered;
  }

  version = async (): Promise<number> => this.#registered.version;
  registered = async (): Promise<Registered> => this.#registered;
  change = async (): Promise<Registered> => this.#registered;
  text = async (): Promise<undefined> => undefined;
  putNodeReport = async (): Promise<boolean> => true;
  nodeReports = async (): Promise<[]> => [];
  putToldLinks = async (): Promise<boolean> => true;
  toldLinks = async (): Promise<[]> => [];

  async putLinkState(state: MeasuredLink): Promise<boolean> {
    this.#states.set(state.linkId, state);
    return true;
  }

  linkStates = async (): Promise<MeasuredLink[]> => [...this.#states.values()];
}
