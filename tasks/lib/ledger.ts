/** A file of JSON lines that takes each key once, also when the host dies half-way through a line. */
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JsonObject } from '../../core/json.ts';

interface Ledger {
  keys: Set<string>;
  /** Length of the whole lines; what follows is a line that a crash cut off. */
  sizeBytes: number;
}

const ledgers = new Map<string, Ledger>();
const queues = new Map<string, Promise<unknown>>();

/** Appends `{key, ...entry}` unless the key is there. Durable when it resolves; false when it was there. */
export function appendOnce(path: string, key: string, entry: JsonObject): Promise<boolean> {
  const turn = (queues.get(path) ?? Promise.resolve()).then(
    () => append(path, key, entry),
    () => append(path, key, entry),
  );
  queues.set(path, turn);
  return turn;
}

async function append(path: string, key: string, entry: JsonObject): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    let ledger = ledgers.get(path);
    if (ledger?.sizeBytes !== size) ledgers.set(path, (ledger = await read(path)));
    if (ledger.keys.has(key)) return false;
    if (size > ledger.sizeBytes) await file.truncate(ledger.sizeBytes);
    const line = Buffer.from(`${JSON.stringify({ key, ...entry })}\n`);
    await file.appendFile(line);
    await file.sync();
    ledger.keys.add(key);
    ledger.sizeBytes += line.length;
    return true;
  } finally {
    await file.close();
  }
}

async function read(path: string): Promise<Ledger> {
  const bytes = await readFile(path);
  const sizeBytes = bytes.lastIndexOf(10) + 1;
  const keys = new Set<string>();
  for (const line of bytes.subarray(0, sizeBytes).toString('utf8').split('\n')) {
    if (line === '') continue;
    try {
      keys.add((JSON.parse(line) as { key: string }).key);
    } catch {
      // A line that somebody edited by hand: it holds no key to compare with.
    }
  }
  return { keys, sizeBytes };
}
