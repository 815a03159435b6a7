/** What this node has booked of contacts, so that nothing more is booked than they carry. */
import type { Taken } from '../network/taken.ts';
import type { Clock } from '../ports/clock.ts';
import type { CustodyStore } from '../ports/custody-store.ts';
import { type Precedence, PRECEDENCES } from '../satellite/precedence.ts';
import type { Transfer, TransferHop } from './transfer.ts';

/** Other processes of this node book too, and contacts carry away what was booked. */
const FRESH_MS = 10_000;
const PAGE = 1000;
/** More is not looked at: a contact that is overbooked books the rest again when it is full. */
const PAGES_MAX = 10;

export interface BookedPorts {
  /** Id of this node. */
  node: string;
  custody: Pick<CustodyStore, 'open'>;
  clock: Pick<Clock, 'now'>;
}

interface Known extends Pick<Transfer, 'precedence'> {
  /** Of its sum. */
  key: string;
  hop: TransferHop;
  bytes: number;
}

const rankOf = ({ precedence }: Pick<Transfer, 'precedence'>): number => PRECEDENCES.indexOf(precedence);

/** As the ledger had it a few seconds ago, with what this process has booked since. */
export class Booked {
  readonly #ports: BookedPorts;
  readonly #byId = new Map<string, Known>();
  readonly #sums = new Map<string, Taken>();
  /** By neighbour. */
  readonly #readMs = new Map<string, number>();

  constructor(ports: BookedPorts) {
    this.#ports = ports;
  }

  /** For these neighbours, but for one bundle, which is to be booked. Errors: `StoreUnavailable`. */
  async besides(bundleId: string, neighbours: Iterable<string>): Promise<Taken[]> {
    const { clock } = this.#ports;
    const asked = new Set(neighbours);
    for (const to of asked)
      if (clock.now() >= (this.#readMs.get(to) ?? -Infinity) + FRESH_MS) await this.#read(to);
    this.delete(bundleId);
    return [...this.#sums.values()].filter(({ to }) => asked.has(to));
  }

  put({ bundleId, hop, precedence, sizeBytes: bytes }: Transfer): void {
    this.delete(bundleId);
    if (hop?.closesMs === undefined) return;
    const { to, link, departMs, closesMs } = hop;
    const key = JSON.stringify([to, link, closesMs, precedence]);
    const none = { from: this.#ports.node, to, link, precedence, bytes: 0, departMs, closesMs };
    const sum = this.#sums.get(key) ?? none;
    this.#sums.set(key, { ...sum, departMs: Math.min(sum.departMs, departMs), bytes: sum.bytes + bytes });
    this.#byId.set(bundleId, { key, hop, precedence, bytes });
  }

  /** It is booked no more. */
  delete(bundleId: string): void {
    const known = this.#byId.get(bundleId);
    if (known === undefined) return;
    this.#byId.delete(bundleId);
    const sum = this.#sums.get(known.key)!;
    if (sum.bytes > known.bytes) this.#sums.set(known.key, { ...sum, bytes: sum.bytes - known.bytes });
    else this.#sums.delete(known.key);
  }

  /** The id of the bundle in a contact that gives way first to one of a precedence: of the lowest below it, the last that was booked. */
  lowest(contact: Required<TransferHop>, below: Precedence): string | undefined {
    let found: { bundleId: string; rank: number } | undefined;
    for (const [bundleId, known] of this.#byId) {
      const rank = rankOf(known);
      const isIn = known.hop.to === contact.to && known.hop.link === contact.link;
      const isOfIt = isIn && known.hop.closesMs === contact.closesMs;
      if (isOfIt && rank > PRECEDENCES.indexOf(below) && rank >= (found?.rank ?? 0))
        found = { bundleId, rank };
    }
    return found?.bundleId;
  }

  async #read(to: string): Promise<void> {
    const { custody, clock } = this.#ports;
    const booked: Transfer[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const filter = { state: 'booked', to, limit: PAGE } as const;
      const found = await custody.open({ ...filter, ...(cursor !== undefined && { cursor }) });
      booked.push(...found.transfers);
      cursor = found.cursor;
      if (cursor === undefined) break;
    }
    for (const [bundleId, known] of this.#byId) if (known.hop.to === to) this.delete(bundleId);
    for (const transfer of booked) this.put(transfer);
    this.#readMs.set(to, clock.now());
  }
}
