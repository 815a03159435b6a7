/** What waits in a host's custody. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, HostUnreachable } from '../../client/index.ts';
import type { QueuesView, QueueView } from '../../core/api/queue-schemas.ts';
import { EXIT } from '../errors.ts';
import type { CliDeps } from '../io.ts';
import { wantsLive } from '../progress/screen.ts';
import type { HostFlags } from '../session.ts';
import { clean, duration, oneLine, table } from '../text.ts';
import { withSession } from './look.ts';

export interface QueuesFlags extends HostFlags {
  watch?: boolean;
  json?: boolean;
}

/** What is to be seen at one time; `gist` changes when something but the time did. */
interface Look {
  text: string;
  gist: string;
}

interface Screen {
  rows: number;
  show(look: Look): void;
  close(): void;
}

const LOOK_MS = 1000;
/** Of a screen, beside the queues: headings, what is left out, totals, the cursor. */
const OTHER_ROWS = 5;

export const queues = (deps: CliDeps, flags: QueuesFlags): Promise<number> =>
  withSession(deps, flags, async ({ client }) => {
    const { watch: isWatched, json = false } = flags;
    if (isWatched) await watch(deps, client, json);
    else deps.stdout.write(`${textOf(await client.queues(), json, Infinity)}\n`);
    return EXIT.ok;
  });

/** Until it is told to stop. */
async function watch(deps: CliDeps, client: Client, json: boolean): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const unlisten = deps.onInterrupt(() => stopping.abort());
  const screen = await openScreen(deps, json);
  try {
    while (!signal.aborted) {
      screen.show(await look(client, json, screen.rows));
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    unlisten();
    screen.close();
  }
}

async function look(client: Client, json: boolean, rows: number): Promise<Look> {
  try {
    const view = await client.queues();
    return { text: textOf(view, json, rows), gist: JSON.stringify([view.queues, view.totals]) };
  } catch (error) {
    if (!(error instanceof HostUnreachable)) throw error;
    const { message } = error;
    const text = json ? JSON.stringify({ error: message }) : `${clean(message)} Trying again.`;
    return { text, gist: message };
  }
}

/** Draws over what was there, or writes what is new where that can't be done. */
async function openScreen(deps: CliDeps, json: boolean): Promise<Screen> {
  const { stdout } = deps;
  if (!json && wantsLive(deps)) {
    const { createLogUpdate } = await import('log-update');
    const draw = createLogUpdate(stdout as NodeJS.WriteStream);
    const { columns = 80, rows = 24 } = stdout;
    const fitted = (text: string) => text.split('\n').map((line) => oneLine(line, columns));
    return { rows, show: ({ text }) => draw(fitted(text).join('\n')), close: () => draw.done() };
  }
  let last = '';
  const show = ({ text, gist }: Look): void => {
    if (gist !== last) stdout.write(`${text}\n`);
    last = gist;
  };
  return { rows: Infinity, show, close: () => undefined };
}

function textOf(view: QueuesView, json: boolean, rows: number): string {
  if (json) return JSON.stringify(view);
  return [...queueLines(view, rows), totalsLine(view)].join('\n');
}

function queueLines({ queues: all, isPartial, atMs }: QueuesView, rows: number): string[] {
  if (all.length === 0) return ['Nothing waits.'];
  const shown = all.slice(0, Math.max(1, rows - OTHER_ROWS));
  const left = all.length - shown.length;
  const headings = [
    'TO',
    'LINK',
    'CHANNEL',
    'PRECEDENCE',
    'WAITING',
    'BOOKED',
    'ON ITS WAY',
    'BYTES',
    'OLDEST',
    'NEXT CONTACT',
    'WHY',
  ];
  return [
    table([headings, ...shown.map((queue) => rowOf(queue, atMs))]),
    ...(left > 0 ? [`… and ${left} more`] : []),
    ...(isPartial ? ['These are the most urgent; there are more bundles than are looked at.'] : []),
  ];
}

function rowOf(queue: QueueView, atMs: number): string[] {
  const { to, link, channel, precedence, waiting, booked, released, bytes, oldestMs, nextContactMs } = queue;
  return [
    clean(to),
    clean(link ?? '-'),
    channel ?? '-',
    precedence,
    number(waiting),
    number(booked),
    number(released),
    number(bytes),
    duration(atMs - oldestMs),
    nextContactMs === undefined
      ? '-'
      : nextContactMs <= atMs
        ? 'now'
        : `in ${duration(nextContactMs - atMs)}`,
    oneLine(queue.reason, 100),
  ];
}

function totalsLine({ totals }: QueuesView): string {
  const { accepted, waiting, booked, released, acknowledged, expired, dead } = totals;
  const parts = [
    `${number(waiting.bundles)} waiting`,
    `${number(booked.bundles)} booked`,
    `${number(released.bundles)} on their way`,
    `${number(acknowledged.bundles)} delivered or handed on`,
    `${number(expired.bundles)} expired`,
    `${number(dead.bundles)} dead`,
  ];
  return `${number(accepted.bundles)} accepted = ${parts.join(' + ')}`;
}

const number = (value: number): string => value.toLocaleString('en-US');
