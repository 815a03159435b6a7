/** Runs the schedules that it is told, beside others. */
import { parentPort } from 'node:worker_threads';
import { runOutages } from './outages.ts';

parentPort!.on('message', (schedules: { seed: number; lastsMs: number }[]) => {
  void (async () => {
    const runs = [];
    for (const { seed, lastsMs } of schedules) runs.push(await runOutages(seed, lastsMs));
    parentPort!.postMessage(runs);
  })();
});
