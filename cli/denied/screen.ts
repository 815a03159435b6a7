/** The live view of the demonstration of jammed links, as text. */
import type { QueueState } from '../../core/custody/queues.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import type { Screen } from '../progress/frame.ts';
import { count, duration, oneLine, table, utcTime } from '../text.ts';
import type { DeniedState, DeniedTask, DeniedWay } from './state.ts';

const NEWS_LINES = 5;

export interface News {
  atMs: number;
  text: string;
}

export function deniedScreen(state: DeniedState, news: readonly News[], screen: Screen): string {
  const { colors: c, columns, rows } = screen;
  const title = (name: string, rest = '') => `${c.bold(name)}${rest === '' ? '' : c.dim(`  ${rest}`)}`;
  const block = (name: string, cells: readonly (readonly string[])[], rest?: string): string[] =>
    cells.length === 0
      ? [title(name, rest ?? 'none')]
      : [
          title(name, rest),
          ...table(cells)
            .split('\n')
            .map((line) => `  ${oneLine(line, columns - 3)}`),
        ];
  const lines = [
    headline(state, screen),
    ...block('nodes', nodeRows(state)),
    ...block('ways', wayRows(state)),
    ...block('queues', queueRows(state)),
    ...block('contacts', contactRows(state)),
    ...block('tasks', state.tasks.map(taskRow)),
    title('news'),
    ...news
      .slice(-NEWS_LINES)
      .map(({ atMs, text }) => `  ${oneLine(`${clock(atMs)}  ${text}`, columns - 3)}`),
  ];
  return lines.slice(0, Math.max(5, rows - 1)).join('\n');
}

function headline(
  { startMs, atMs, factor, jammed, tasks, failovers }: DeniedState,
  { colors: c }: Screen,
): string {
  const done = tasks.filter(({ state }) => state === 'succeeded').length;
  const facts = [
    `${utcTime(atMs)} UTC, ${duration(atMs - startMs)} in, ${factor} times as fast`,
    `${done} of ${count(tasks.length, 'task')}`,
    count(failovers, 'failover'),
    jammed.length === 0
      ? c.green('nothing is jammed')
      : c.red(`jammed: ${jammed.map(({ from, channel }) => `${from} ${channel}`).join(', ')}`),
  ];
  return facts.join(c.dim(' · '));
}

const nodeRows = ({ nodes }: DeniedState): string[][] =>
  nodes.map(({ id, kind, capabilities, condition, why, totals }) => {
    const { waiting, booked, released } = totals;
    const bundles = waiting.bundles + booked.bundles + released.bundles;
    const bytes = waiting.bytes + booked.bytes + released.bytes;
    return [
      id,
      kind,
      capabilities.join(', ') || '-',
      condition ?? '-',
      bundles === 0 ? 'holds nothing' : `holds ${count(bundles, 'bundle')}, ${kilobytes(bytes)}`,
      why ?? '',
    ];
  });

/** Where all precedences go the same way, once. */
function wayRows({ ways }: DeniedState): string[][] {
  const byPair = Map.groupBy(ways, ({ from, to }) => `${from} → ${to}`);
  return [...byPair].flatMap(([pair, own]) => {
    const same = new Set(own.map(({ channel }) => channel)).size === 1;
    const shown = same ? own.slice(0, 1) : own;
    return shown.map((way) => [
      pair,
      same ? 'all' : whom(way),
      way.channel ?? 'none',
      `since ${clock(way.sinceMs)}: ${way.reason}`,
    ]);
  });
}

function whom({ precedences }: DeniedWay): string {
  const [first, last] = [precedences[0]!, precedences.at(-1)!];
  return first === PRECEDENCES[0] ? `${last} and above` : `${first} and below`;
}

const queueRows = ({ queues }: DeniedState): string[][] =>
  queues.map((queue) => [
    `${queue.node} → ${queue.to}`,
    queue.link ?? 'no way yet',
    queue.precedence,
    `${count(queue.bundles, 'bundle')}, ${kilobytes(queue.bytes)}`,
    stateOf(queue),
  ]);

function stateOf({ waiting, booked, released, nextContactMs }: QueueState): string {
  const parts = [
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(booked > 0
      ? [`${booked} booked${nextContactMs === undefined ? '' : ` for ${clock(nextContactMs)}`}`]
      : []),
    ...(released > 0 ? [`${released} on the way`] : []),
  ];
  return parts.join(', ');
}

const contactRows = ({ contacts, atMs }: DeniedState): string[][] =>
  contacts.map(({ from, to, startMs, endMs }) => [
    `${to} over ${from}`,
    `${clock(startMs)} to ${clock(endMs)}`,
    startMs <= atMs ? `on, ${duration(endMs - atMs)} left` : `in ${duration(startMs - atMs)}`,
  ]);

const taskRow = ({ id, state, node, precedence, reason }: DeniedTask): string[] => [
  id,
  state,
  node ?? '-',
  precedence ?? '-',
  reason ?? '',
];

export const clock = (ms: number): string => utcTime(ms).slice(11);
export const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;

/** What went over what, and that nothing was lost. */
export function deniedSummary({ nodes, traffic, failovers, startMs, atMs }: DeniedState): string {
  const used = traffic.filter(({ bundleFrames }) => bundleFrames > 0);
  const over = used.map(({ from, to, channel, bundleFrames, bundleBytes, lostFrames }) => [
    `  ${from} → ${to}`,
    channel,
    count(bundleFrames, 'frame'),
    kilobytes(bundleBytes),
    lostFrames === 0 ? '' : `${count(lostFrames, 'frame')} of any kind lost`,
  ]);
  const ledgers = nodes.map(({ id, totals: { accepted, waiting, booked, released, ...ends } }) => {
    const open = waiting.bundles + booked.bundles + released.bundles;
    return [
      `  ${id}`,
      `${accepted.bundles} accepted`,
      `= ${ends.acknowledged.bundles} delivered or handed on`,
      `+ ${open} held`,
      `+ ${ends.expired.bundles} expired`,
      `+ ${ends.dead.bundles} dead`,
    ];
  });
  return [
    `what carried bundles, in ${duration(atMs - startMs)} with ${count(failovers, 'failover')}`,
    table(over),
    'what became of them',
    table(ledgers),
  ].join('\n');
}
