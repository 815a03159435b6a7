/** Commands about the nodes and links of the network. */
import type { Client, Page, PageOptions } from '../../client/index.ts';
import { INSTANT_FIX, parseInstant } from '../../core/api/instant.ts';
import type { LinkView, NodeView } from '../../core/api/network-schemas.ts';
import { EXIT } from '../errors.ts';
import { readDocument } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';
import type { HostFlags } from '../session.ts';
import { bitRate, clean, count, duration, oneLine, table, utcTime } from '../text.ts';
import { withSession } from './look.ts';

export interface NetworkFlags extends HostFlags {
  json?: boolean;
}

/** All pages of a list, as an array or a table. */
export const lists =
  <Item>(all: (client: Client) => Promise<Item[]>, text: (items: Item[]) => string) =>
  (deps: CliDeps, flags: NetworkFlags): Promise<number> =>
    withSession(deps, flags, async ({ client }) => {
      const items = await all(client);
      deps.stdout.write(`${flags.json ? JSON.stringify(items) : text(items)}\n`);
      return EXIT.ok;
    });

export const listNodes = lists((client) => pages((page) => client.nodes(page)), nodeTable);
export const listLinks = lists((client) => pages((page) => client.links(page)), linkTable);
export const removes =
  (remove: (client: Client, name: string) => Promise<void>, what: string) =>
  (deps: CliDeps, name: string, flags: NetworkFlags): Promise<number> =>
    withSession(deps, flags, async ({ client }) => {
      await remove(client, name);
      deps.stdout.write(
        `${flags.json ? JSON.stringify({ removed: name }) : `removed the ${what} ${name}`}\n`,
      );
      return EXIT.ok;
    });

export const revokeCredentials = removes((client, id) => client.revokeCredentials(id), 'credentials of');

/** On standard output, for a file that only the node reads. */
export const issueCredentials = (deps: CliDeps, id: string, flags: NetworkFlags): Promise<number> =>
  withSession(deps, flags, async ({ client }) => {
    deps.stdout.write(`${JSON.stringify(await client.issueCredentials(id), null, 2)}\n`);
    return EXIT.ok;
  });

export const createJoinToken = (deps: CliDeps, flags: NetworkFlags): Promise<number> =>
  withSession(deps, flags, async ({ client, isOwn }) => {
    if (isOwn)
      throw new UsageError('No host runs here that a node could join.', 'Start one: npx holdfast start');
    const given = await client.createJoinToken();
    deps.stdout.write(`${flags.json ? JSON.stringify(given) : given.token}\n`);
    return EXIT.ok;
  });

export const removeNode = removes((client, id) => client.removeNode(id), 'node');
export const removeLink = removes((client, id) => client.removeLink(id), 'link');
/** Registers the nodes and links of a file. */
export async function addNetwork(deps: CliDeps, file: string, flags: NetworkFlags): Promise<number> {
  const { text, format } = await readDocument(deps, file);
  return withSession(deps, flags, async ({ client }) => {
    const answer = await client.putNetwork({ document: text, format });
    const { version, changed, nodes, links } = answer;
    const now = `${count(nodes, 'node')}, ${count(links, 'link')} (version ${version})`;
    deps.stdout.write(
      `${flags.json ? JSON.stringify(answer) : `${changed ? 'now' : 'nothing new:'} ${now}`}\n`,
    );
    return EXIT.ok;
  });
}

async function pages<Item>(ask: (page: PageOptions) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask({ cursor, limit: 1000 });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

function nodeTable(nodes: NodeView[]): string {
  if (nodes.length === 0) return 'No nodes yet; register some with: npx holdfast nodes add FILE';
  const rows = nodes.map((node) => {
    const { id, kind, position, capabilities } = node;
    const place =
      position && `${position.latitudeDegrees.toFixed(2)}, ${position.longitudeDegrees.toFixed(2)}`;
    const can = oneLine(capabilities.join(', '), 60);
    return [id, kind, place ?? '-', tasksText(node), can || '-', conditionText(node)];
  });
  return table([['NODE', 'KIND', 'POSITION', 'TASKS', 'CAPABILITIES', 'CONDITION'], ...rows]);
}

/** Those that it has taken and not ended, as it last said, and how many it takes at once. */
function tasksText({ report, concurrency }: NodeView): string {
  const has = report === undefined ? '-' : String(report.load);
  return concurrency === undefined ? has : `${has} of ${concurrency}`;
}

function conditionText({ condition: known }: NodeView): string {
  if (known === undefined) return '-';
  const { condition, sinceMs, reasons } = known;
  return oneLine([`${condition} since ${utcTime(sinceMs)}`, ...reasons].join(', '), 100);
}

function linkTable(links: LinkView[]): string {
  if (links.length === 0) return 'No links yet; register some with: npx holdfast links add FILE';
  const rows = links.map((link) => [
    link.id,
    clean(link.from),
    clean(link.to),
    link.channel,
    bitRate(link.rateBitsPerSecond),
    duration(link.delayMs),
    link.viaContacts ? 'in contacts' : 'always',
    stateText(link),
  ]);
  return table([['LINK', 'FROM', 'TO', 'CHANNEL', 'RATE', 'DELAY', 'USABLE', 'MEASURED'], ...rows]);
}

function stateText({ state }: LinkView): string {
  if (state === undefined) return '-';
  const what = `${state.status}${state.isDegraded ? ', degraded' : ''} since ${utcTime(state.sinceMs)}`;
  return oneLine([what, ...state.reasons].join(', '), 100);
}

export function numberOf(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new UsageError(`${option} is "${text}".`, 'Give a number.');
  return value;
}

export function instantOf(option: string, text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined) throw new UsageError(`${option} is "${text}".`, INSTANT_FIX);
  return ms;
}
