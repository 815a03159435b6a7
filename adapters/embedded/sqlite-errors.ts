import { StoreUnavailable } from '../../core/errors.ts';

const FULL = 13;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

const MEND_DAMAGE =
  'Move the data directory aside and restore it from a backup, or salvage it with: sqlite3 holdfast.db .recover';

/** What SQLite's primary result codes mean to the person who runs the host. https://sqlite.org/rescode.html */
const MEANINGS: Record<number, { what: string; fix: string }> = {
  5: {
    what: 'is held by another program',
    fix: 'Close the other program that writes to it, then start again.',
  },
  8: {
    what: 'is read-only',
    fix: 'Make the data directory and its files writable by this user, then start again.',
  },
  10: { what: 'failed to read or write', fix: 'Check the disk (dmesg, smartctl), then start again.' },
  [CORRUPT]: {
    what: 'is damaged',
    fix: MEND_DAMAGE,
  },
  [FULL]: {
    what: 'can not grow: the disk is full',
    fix: 'Free some space, then start again; it goes on where it was.',
  },
  14: {
    what: 'can not be opened',
    fix: 'Check that the data directory exists and is writable by this user.',
  },
  [NOT_A_DATABASE]: {
    what: 'is not an SQLite database',
    fix: 'Name another data directory, or move that file aside.',
  },
};

/** The primary result code of an error that SQLite raised; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** Says what happened to `file` in the words of the person who runs the host. */
export function storeUnavailable(file: string, error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const code = sqliteCode(error) ?? -1;
  const meaning = MEANINGS[code] ?? {
    what: 'failed',
    fix: 'Start again; if it comes back, report it with this message.',
  };
  const detail = error instanceof Error ? error.message : String(error);
  const promise =
    code === CORRUPT || code === NOT_A_DATABASE ? '' : ' Nothing that was acknowledged is lost.';
  return new StoreUnavailable(`The store ${file} ${meaning.what} (${detail}).${promise}`, meaning.fix, {
    cause: error,
  });
}

/** What is kept can be read, and isn't what was written. */
export function damagedText(cause: unknown): StoreUnavailable {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailable(`The store is damaged: a value in it is no JSON (${detail}).`, MEND_DAMAGE, {
    cause,
  });
}
