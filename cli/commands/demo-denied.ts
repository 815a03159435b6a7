import type { DeniedRun } from '../denied/state.ts';
import { clock, deniedScreen, deniedSummary, type News } from '../denied/screen.ts';
import { EXIT } from '../errors.ts';
import { type CliDeps, UsageError } from '../io.ts';
import { createColors, wantsLive } from '../progress/screen.ts';

export interface DemoDeniedFlags {
  plain?: boolean;
  speed?: string;
  json?: boolean;
}

const SPEEDS = { least: 1, most: 60 };
const REDRAW_MS = 200;

/** Shows a workflow finish though the links to its nodes are jammed. */
export async function demoDenied(deps: CliDeps, flags: DemoDeniedFlags): Promise<number> {
  const factor = Number(flags.speed ?? '30');
  if (!(factor >= SPEEDS.least && factor <= SPEEDS.most))
    throw new UsageError(
      `--speed is "${flags.speed}".`,
      `Give a number from ${SPEEDS.least} to ${SPEEDS.most}: simulated seconds a second.`,
    );
  if (flags.json) throw new UsageError('--denied prints no JSON.', 'Use --plain for lines.');
  const { stdout } = deps;
  const colors = createColors(deps);
  stdout.write(
    `${colors.dim('A hub, two edge nodes over MQTT, and a satellite by its orbit; minutes later, only the satellite is left.')}\n`,
  );
  const run = await deps.openDenied({ factor });
  let hasStopped = false;
  const stopped = new Promise<'stopped'>((resolve) => {
    deps.onInterrupt(() => {
      hasStopped = true;
      resolve('stopped');
    });
  });
  const closeView = flags.plain || !wantsLive(deps) ? plainView(deps, run) : await liveView(deps, run);
  try {
    const ended = await Promise.race([run.done, stopped]);
    const last = await run.state();
    await closeView();
    if (hasStopped || ended === 'stopped') return EXIT.failed;
    stdout.write(`${deniedSummary(last)}\n`);
    const outcome = ended.isSuccess
      ? colors.green(`The workflow finished: ${String(ended.output)}`)
      : colors.red(`The workflow failed: ${ended.errors.join('; ')}`);
    stdout.write(`${outcome}\n`);
    return ended.isSuccess ? EXIT.ok : EXIT.failed;
  } finally {
    await run.close();
  }
}

function plainView({ stdout }: CliDeps, run: DeniedRun): () => Promise<void> {
  run.onNews((atMs, text) => stdout.write(`${clock(atMs)}  ${text}\n`));
  return () => Promise.resolve();
}

/** Loaded only for a terminal: it takes a tenth of a second. */
async function liveView(deps: CliDeps, run: DeniedRun): Promise<() => Promise<void>> {
  const { createLogUpdate } = await import('log-update');
  const { stdout } = deps;
  const draw = createLogUpdate(stdout as NodeJS.WriteStream);
  const colors = createColors(deps);
  const news: News[] = [];
  run.onNews((atMs, text) => void news.push({ atMs, text }));
  const redraw = async () => {
    const { columns = 80, rows = 24 } = stdout;
    draw(deniedScreen(await run.state(), news, { columns, rows, colors }));
  };
  const closing = new AbortController();
  const drawing = (async () => {
    while (!closing.signal.aborted) {
      await redraw();
      await new Promise((resolve) => setTimeout(resolve, REDRAW_MS));
    }
  })();
  return async () => {
    closing.abort();
    await drawing;
    await redraw();
    draw.done();
  };
}
