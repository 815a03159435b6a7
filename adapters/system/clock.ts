import type { Clock } from '../../core/ports/clock.ts';

/** Node's timers hold no longer delay than this. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's own time. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const untilMs = Date.now() + ms;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      let timer: NodeJS.Timeout;
      const abort = () => {
        clearTimeout(timer);
        reject(signal!.reason as Error);
      };
      // A timer may fire a millisecond early, and can't be longer than TIMER_MS_MAX: look again until the time has come.
      const look = () => {
        const leftMs = untilMs - Date.now();
        if (leftMs > 0) {
          timer = setTimeout(look, Math.min(leftMs, TIMER_MS_MAX));
          return;
        }
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      signal?.addEventListener('abort', abort, { once: true });
      look();
    });
  }
}
