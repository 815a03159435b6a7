/** Commands about messages that were set aside: dlq ls, dlq redrive. */
import type { DeadLetterQueueView, RedriveView } from '../../core/api/schemas.ts';
import { REDRIVE_LIMIT_MAX } from '../../core/ports/dead-letters.ts';
import { EXIT } from '../errors.ts';
import { type CliDeps, UsageError } from '../io.ts';
import type { HostFlags } from '../session.ts';
import { count, localTime, oneLine, table } from '../text.ts';
import { withSession } from './look.ts';

export interface DeadLetterFlags extends HostFlags {
  json?: boolean;
  limit?: string;
}

export async function listDeadLetters(
  deps: CliDeps,
  queue: string | undefined,
  flags: DeadLetterFlags,
): Promise<number> {
  return withSession(deps, flags, async ({ client }) => {
    const items = await client.deadLetters(queue);
    const text = queue === undefined ? queueTable(items) : items.map(messagesText).join('\n');
    deps.stdout.write(`${flags.json ? JSON.stringify(items) : text}\n`);
    return EXIT.ok;
  });
}

export async function redriveDeadLetters(
  deps: CliDeps,
  queue: string,
  flags: DeadLetterFlags,
): Promise<number> {
  const limit = limitOf(flags.limit);
  return withSession(deps, flags, async ({ client }) => {
    const redrive = await client.redriveDeadLetters(queue, limit);
    const text =
      redrive.status === 'RUNNING'
        ? `${progress(redrive)}; see how far with: npx holdfast dlq ls`
        : `${count(redrive.movedCount, 'message')} went back`;
    deps.stdout.write(`${flags.json ? JSON.stringify(redrive) : text}\n`);
    return EXIT.ok;
  });
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= REDRIVE_LIMIT_MAX) return limit;
  throw new UsageError(
    `--limit is ${text}.`,
    `Give a number from 1 to ${REDRIVE_LIMIT_MAX}, or leave it out to move all.`,
  );
}

function queueTable(items: DeadLetterQueueView[]): string {
  if (items.length === 0) return 'No dead-letter queues: this host has none.';
  const rows = items.map(({ name, messageCount, sources, redrive }) => [
    name,
    String(messageCount),
    sources.join(', '),
    redrive === undefined ? '' : progress(redrive),
  ]);
  return table([['QUEUE', 'MESSAGES', 'FROM', 'LAST REDRIVE'], ...rows]);
}

function progress({ status, movedCount, totalCount, reason }: RedriveView): string {
  const moved = totalCount === undefined ? `moved ${movedCount}` : `moved ${movedCount} of ${totalCount}`;
  return oneLine(`${status} ${moved}${reason === undefined ? '' : `: ${reason}`}`);
}

function messagesText({ name, messageCount, messages = [] }: DeadLetterQueueView): string {
  if (messages.length === 0) return `${name} is empty, or somebody else is at its messages.`;
  const rows = messages.map(({ id, group = '', sentMs, body }) => [
    id,
    oneLine(group, 40),
    localTime(sentMs),
    oneLine(body, 200),
  ]);
  const more = messageCount > messages.length ? [`… ${messages.length} of about ${messageCount}`] : [];
  return [table([['ID', 'GROUP', 'SENT', 'MESSAGE'], ...rows]), ...more].join('\n');
}
