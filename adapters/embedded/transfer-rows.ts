/** Transfers as rows of their table. */
import type { Transfer, TransferState } from '../../core/custody/transfer.ts';
import { notACursor } from '../../core/custody/listing.ts';
import { toJson } from '../../core/json.ts';
import { PRECEDENCES, type Precedence } from '../../core/satellite/precedence.ts';
import { fromJson, fromNull } from './json-column.ts';

/** The indexes of what is open are told apart by these very words. */
export const OPEN = `state IN ('waiting', 'booked', 'released')`;
export const OVER = `state IN ('acknowledged', 'expired', 'dead')`;

export const INSERT = `INSERT INTO transfers
  (bundle_id, source, destination, from_node, precedence, rank, label, size_bytes, accepted_ms, expires_ms,
   state, attempt, hop, due_ms, reason, ended_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
/** All that a change may set. */
export const UPDATE = `UPDATE transfers SET state = ?, attempt = ?, hop = ?, due_ms = ?, reason = ?, ended_ms = ?
  WHERE bundle_id = ?`;

type Row = Record<string, unknown>;

export function insertValues(transfer: Transfer) {
  const { bundleId, source, destination, from, precedence, label, sizeBytes, acceptedMs, expiresMs } =
    transfer;
  return [
    bundleId,
    source,
    destination,
    from ?? null,
    precedence,
    PRECEDENCES.indexOf(precedence),
    toJson(label, 'label') ?? null,
    sizeBytes,
    acceptedMs,
    expiresMs,
    ...changing(transfer),
  ];
}

export const updateValues = (transfer: Transfer) => [...changing(transfer), transfer.bundleId];

function changing({ state, attempt, hop, dueMs, reason, endedMs }: Transfer) {
  return [state, attempt, toJson(hop, 'hop') ?? null, dueMs, reason, endedMs ?? null];
}

export function transferOf(row: Row): Transfer {
  const transfer: Transfer = {
    bundleId: row.bundle_id as string,
    source: row.source as string,
    destination: row.destination as string,
    from: fromNull<string>(row.from_node),
    precedence: row.precedence as Precedence,
    label: fromJson(row.label),
    sizeBytes: row.size_bytes as number,
    acceptedMs: row.accepted_ms as number,
    expiresMs: row.expires_ms as number,
    state: row.state as TransferState,
    attempt: row.attempt as number,
    hop: fromJson(row.hop),
    dueMs: row.due_ms as number,
    reason: row.reason as string,
    endedMs: fromNull<number>(row.ended_ms),
  };
  for (const name of ['from', 'label', 'hop', 'endedMs'] as const)
    if (transfer[name] === undefined) delete transfer[name];
  return transfer;
}

/** Names the place where a page ended: never changes while a transfer is open. */
export const cursorOf = ({ precedence, expiresMs, bundleId }: Transfer): string =>
  `${PRECEDENCES.indexOf(precedence)}/${expiresMs}/${bundleId}`;

const CURSOR = /^([0-5])\/(\d{1,16}(?:\.\d+)?)\/(.+)$/s;

/** Rank, `expiresMs` and id at the end of that page. Errors: `InvalidInput`. */
export function placeOf(cursor: string): [number, number, string] {
  const [, rank, expiresMs, bundleId] = CURSOR.exec(cursor) ?? [];
  if (bundleId === undefined) throw notACursor(cursor);
  return [Number(rank), Number(expiresMs), bundleId];
}
