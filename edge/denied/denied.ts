/** Runs the demonstration: a workflow that finishes though the links to its nodes are jammed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AcceleratedClock } from '../../adapters/system/accelerated-clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { DeniedRun, DeniedState } from '../../cli/denied/state.ts';
import type { Logger, TaskHandler } from '../../core/task/handler.ts';
import { Air } from './air.ts';
import { openHosts } from './hosts.ts';
import { Observer } from './observer.ts';
import { START_MS } from './scene.ts';

export interface DeniedOptions {
  /** Folder of the element set and the workflow. */
  examplesDir: string;
  /** Simulated milliseconds for each real one. */
  factor: number;
  logger: Logger;
}

/** Nothing of the scene is missed while the hosts are opened. */
const SETTING_UP_FACTOR = 5;

/** Errors: those of `openHost` and `openEdge`. */
export async function openDenied({ examplesDir, factor, logger }: DeniedOptions): Promise<DeniedRun> {
  const read = (name: string) => readFileSync(join(examplesDir, 'denied', name), 'utf8');
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-denied-'));
  const clock = new AcceleratedClock({ startMs: START_MS, factor: SETTING_UP_FACTOR });
  const air = new Air(clock, new SystemRandom());
  const clean = () => {
    clock.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const hosts = await openHosts({
      dataDir,
      tle: read('iss.tle'),
      clock,
      air,
      logger,
      tasks: tasksOn(clock),
    });
    const observer = new Observer({ clock, air, hosts });
    const { orchestrator } = hosts.hub;
    await observer.ready();
    clock.factor = factor;
    const { id } = await orchestrator.run(read('survey.yaml'));
    const closing = new AbortController();
    const watching = observer.watch(orchestrator, id, closing.signal);
    const done = orchestrator.result(id).then(({ status, output, errors }) => ({
      isSuccess: status === 'SUCCEEDED',
      output,
      errors: errors.map(({ error, cause }) => `${error}: ${cause}`),
    }));
    // Whoever closes it early asks no more.
    done.catch(() => undefined);
    return {
      done,
      state: (): Promise<DeniedState> => observer.state(),
      onNews: (listener) => observer.onNews(listener),
      async close() {
        closing.abort();
        observer.fallSilent();
        await hosts.close();
        await watching;
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}

interface Photograph {
  subject: string;
  minutes: number;
  kilobytes: number;
}

/** Work takes simulated time, and pictures don't get smaller by compression. */
function tasksOn(clock: AcceleratedClock): Record<string, TaskHandler> {
  const photograph: TaskHandler<Photograph> = async ({ subject, minutes, kilobytes }, { signal }) => {
    await clock.sleep(minutes * 60_000, signal);
    return { subject, kilobytes, image: randomBytes(kilobytes * 750).toString('base64') };
  };
  const listen: TaskHandler<{ minutes: number }> = async ({ minutes }, { signal }) => {
    await clock.sleep(minutes * 60_000, signal);
    return { peakMillimetresPerSecond: 4.2 };
  };
  return { photograph, listen };
}
