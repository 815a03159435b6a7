import type { Clock } from '../core/ports/clock.ts';
import type { NetworkStore } from '../core/ports/network-store.ts';

export interface PlaceAgainOptions {
  placeAgain: (this: void) => Promise<void>;
  clock: Clock;
  signal: AbortSignal;
  onError: (error: unknown) => void;
}

/** Links tell of themselves all the time; tasks are placed again at most so often. */
const REST_MS = 1000;
/** Contacts come by themselves. */
const LOOK_MS = 60_000;

/** Has tasks placed again that no node could run: soon after it is told that the network changed, and now and then. */
export function watchNetwork({ placeAgain, clock, signal, onError }: PlaceAgainOptions): () => void {
  let news = Promise.withResolvers<void>();

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const look = new AbortController();
      const either = AbortSignal.any([signal, look.signal]);
      await Promise.race([news.promise, clock.sleep(LOOK_MS, either).catch(() => undefined)]);
      look.abort();
      news = Promise.withResolvers<void>();
      if (signal.aborted) return;
      await placeAgain().catch(onError);
      await clock.sleep(REST_MS, signal).catch(() => undefined);
    }
  }

  void watch();
  return () => news.resolve();
}

/** The store, with somebody told of what may let a task go somewhere. */
export function telling(network: NetworkStore, changed: () => void): NetworkStore {
  const told = async <Result>(written: Promise<Result>): Promise<Result> => {
    const result = await written;
    changed();
    return result;
  };
  return {
    version: () => network.version(),
    registered: () => network.registered(),
    text: (textId) => network.text(textId),
    linkStates: () => network.linkStates(),
    nodeReports: () => network.nodeReports(),
    toldLinks: () => network.toldLinks(),
    putToldLinks: (told) => network.putToldLinks(told),
    change: (edit) => told(network.change(edit)),
    putLinkState: (state) => told(network.putLinkState(state)),
    putNodeReport: (report) => told(network.putNodeReport(report)),
  };
}
