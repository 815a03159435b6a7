/** The order in which open transfers are listed, and pages of it. */
import { InvalidInput } from '../errors.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import type { Transfer } from './transfer.ts';

/** Transfers of a page that asks for no number. */
export const PAGE_LIMIT = 100;

/** It never changes while a transfer is open. */
export interface ListPlace {
  /** Of its precedence, 0 for the most urgent. */
  rank: number;
  expiresMs: number;
  bundleId: string;
}

export const listPlaceOf = ({ precedence, expiresMs, bundleId }: Transfer): ListPlace => ({
  rank: PRECEDENCES.indexOf(precedence),
  expiresMs,
  bundleId,
});

/** Names the place where a page ended. */
export const cursorOf = ({ rank, expiresMs, bundleId }: ListPlace): string =>
  `${rank}/${expiresMs}/${bundleId}`;

const CURSOR = /^([0-5])\/(\d{1,16}(?:\.\d+)?)\/(.+)$/s;

/** Errors: `InvalidInput`. */
export function placeOf(cursor: string): ListPlace {
  const [, rank, expiresMs, bundleId] = CURSOR.exec(cursor) ?? [];
  if (bundleId !== undefined) return { rank: Number(rank), expiresMs: Number(expiresMs), bundleId };
  throw new InvalidInput(
    `"${cursor.slice(0, 60)}" is no cursor of a page of bundles.`,
    'Give the cursor that came with the page before, or none for the first.',
  );
}
