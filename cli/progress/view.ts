import { createColors, wantsLive } from './screen.ts';
import type { CliDeps } from '../io.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { renderFrame } from './frame.ts';
import { plainLine } from './plain.ts';
import type { Progress } from './progress.ts';

/** Shows an execution as it goes. */
export interface View {
  event(event: HoldfastEvent, progress: Progress): void;
  /** A line that stays. */
  note(text: string): void;
  close(progress: Progress): void;
}

const REDRAW_MS = 100;

export const silentView: View = { event() {}, note() {}, close() {} };

export async function openView(deps: CliDeps, json: boolean): Promise<View> {
  if (json) return silentView;
  return wantsLive(deps) ? liveView(deps) : plainView(deps);
}

function plainView({ stdout }: CliDeps): View {
  return {
    event(event, progress) {
      const line = plainLine(event, progress);
      if (line !== undefined) stdout.write(`${line}\n`);
    },
    note: (text) => stdout.write(`${text}\n`),
    close() {},
  };
}

/** Loaded only for a terminal: it takes a tenth of a second. */
async function liveView(deps: CliDeps): Promise<View> {
  const { createLogUpdate } = await import('log-update');
  const { stdout } = deps;
  const draw = createLogUpdate(stdout as NodeJS.WriteStream);
  const colors = createColors(deps);
  let shown: Progress | undefined;
  const redraw = () => {
    if (shown === undefined) return;
    draw(renderFrame(shown, Date.now(), { columns: stdout.columns ?? 80, rows: stdout.rows ?? 24, colors }));
  };
  const timer = setInterval(redraw, REDRAW_MS);
  return {
    event(_event, progress) {
      shown = progress;
    },
    note(text) {
      draw.clear();
      stdout.write(`${text}\n`);
      redraw();
    },
    close(progress) {
      clearInterval(timer);
      shown = progress;
      redraw();
      draw.done();
    },
  };
}
