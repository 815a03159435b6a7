/** The live view, as text: drawn again many times a second, so it looks only at what it shows. */
import { stripVTControlCharacters } from 'node:util';
import type { Colors } from '../io.ts';
import { duration, oneLine } from '../text.ts';
import type { OpenTask, Progress } from './progress.ts';

export interface Screen {
  columns: number;
  rows: number;
  colors: Colors;
}

const BAR_WIDTH_MAX = 30;

export function renderFrame(progress: Progress, nowMs: number, screen: Screen): string {
  const { colors: c, columns } = screen;
  const room = Math.max(3, screen.rows - 4);
  const sections = [
    section(progress.parked, (task) => [c.yellow('!'), task.id, `parked: ${task.reason ?? ''}`]),
    section(progress.running, (task) => [c.cyan('▸'), task.id, ran(task, nowMs)]),
    section(progress.waiting, (task) => [c.dim('…'), task.id, waits(task, nowMs)]),
  ];
  const failed = progress.failures
    .slice(-3)
    .map(({ id, error, cause }) => [c.red('✗'), id, `${error}: ${cause}`] as Line);
  const open = share(sections, room - failed.length);
  const lines = [...failed, ...open.lines].map(([mark, id, words]) => {
    const name = oneLine(id, 40);
    return `  ${mark} ${name}  ${c.dim(oneLine(words, Math.max(10, columns - name.length - 7)))}`;
  });
  if (open.hidden > 0) lines.push(c.dim(`    and ${open.hidden} more`));
  return [headline(progress, nowMs, screen), ...lines].join('\n');
}

type Line = [mark: string, id: string, words: string];
interface Section {
  size: number;
  first(most: number): Line[];
}

function section(tasks: Map<string, OpenTask>, line: (task: OpenTask) => Line): Section {
  return {
    size: tasks.size,
    first(most) {
      const lines: Line[] = [];
      for (const task of tasks.values()) {
        if (lines.length >= most) break;
        lines.push(line(task));
      }
      return lines;
    },
  };
}

/** Each section gets what it needs of the rows that are left. */
function share(sections: Section[], rows: number): { lines: Line[]; hidden: number } {
  const lines: Line[] = [];
  let hidden = 0;
  for (const section of sections) {
    const shown = section.first(Math.max(1, rows - lines.length));
    lines.push(...shown);
    hidden += section.size - shown.length;
  }
  return { lines, hidden };
}

function headline(progress: Progress, nowMs: number, { columns, colors: c }: Screen): string {
  const { succeeded, failed, skipped } = progress.counts;
  const done = succeeded + failed + skipped;
  const percent = progress.total === 0 ? 0 : Math.floor((done / progress.total) * 100);
  const facts = [
    `${done.toLocaleString('en-US')} of ${progress.total.toLocaleString('en-US')} tasks`,
    ...(progress.running.size > 0 ? [c.cyan(`${progress.running.size} running`)] : []),
    ...(failed > 0 ? [c.red(`${failed} failed`)] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(progress.parked.size > 0 ? [c.yellow(`${progress.parked.size} parked`)] : []),
    ...(progress.healed > 0 ? [`${progress.healed} healed`] : []),
    ...(progress.status === 'PAUSED' || progress.status === 'QUEUED'
      ? [c.yellow(progress.status.toLowerCase())]
      : []),
    ...(progress.startedMs === undefined ? [] : [duration((progress.endedMs ?? nowMs) - progress.startedMs)]),
  ];
  const said = facts.join(c.dim(' · '));
  // Whatever else is said stays on one line; the bar gets what is left.
  const name = oneLine(progress.workflow, 40);
  const rest = name.length + stripVTControlCharacters(said).length + 10;
  const width = Math.max(5, Math.min(BAR_WIDTH_MAX, columns - rest));
  return `${c.bold(name)} ${bar(progress, width, c)} ${String(percent).padStart(3)}%  ${said}`;
}

function bar(progress: Progress, width: number, c: Colors): string {
  const { succeeded, failed, skipped } = progress.counts;
  const total = Math.max(1, progress.total);
  const good = Math.floor(((succeeded + skipped) / total) * width);
  const bad = failed === 0 ? 0 : Math.max(1, Math.floor((failed / total) * width));
  const filled = Math.min(width, good + bad);
  return `${c.green('█'.repeat(Math.max(0, filled - bad)))}${c.red('█'.repeat(Math.min(bad, filled)))}${c.dim('░'.repeat(width - filled))}`;
}

const ran = ({ sinceMs, attempt }: OpenTask, nowMs: number): string =>
  `${duration(nowMs - sinceMs)}${attempt > 1 ? `, attempt ${attempt}` : ''}`;

const waits = ({ reason, dueMs }: OpenTask, nowMs: number): string =>
  dueMs === undefined ? (reason ?? '') : `${duration(dueMs - nowMs)} more: ${reason ?? 'waits'}`;
