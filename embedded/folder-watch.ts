import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** Editors write a file in several steps. */
const SETTLE_MS = 50;

/** Calls `changed` after something in the folder did; a folder that isn't there yet is waited for. */
export function watchFolder(folder: string, changed: () => void): { close(): void } {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS).unref();
  };
  const open = async () => {
    const exists = await stat(folder).then(
      (info) => info.isDirectory(),
      () => false,
    );
    if (closed) return;
    watcher?.close();
    watcher = undefined;
    try {
      watcher = exists ? watch(folder, soon) : watch(dirname(folder), appeared);
    } catch {
      // Neither it nor its parent is there to watch; what is offered now stays offered.
      return;
    }
    watcher.unref();
    watcher.on('error', () => void open());
    if (exists) soon();
  };
  const appeared = (_event: string, name: string | null) => {
    if (name === null || name === basename(folder)) void open();
  };

  void open();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
