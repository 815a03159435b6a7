/** Commands about what is registered of the network: nodes, links, satellites, contacts. */
import { basename, extname } from 'node:path';
import type { Client, Page, PageOptions } from '../../client/index.ts';
import { INSTANT_FIX, parseInstant } from '../../core/api/instant.ts';
import type {
  ConstellationView,
  ContactView,
  LinkView,
  NodeView,
  PlanView,
} from '../../core/api/network-schemas.ts';
import { PLAN_LIMITS } from '../../core/contact-plan/check.ts';
import type { InterSatelliteLinks } from '../../core/network/network.ts';
import { EXIT } from '../errors.ts';
import { readDocument } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';
import type { HostFlags } from '../session.ts';
import { bitRate, clean, count, duration, oneLine, table, utcTime } from '../text.ts';
import { withSession } from './look.ts';

export interface NetworkFlags extends HostFlags {
  json?: boolean;
}

export interface SatelliteFlags extends NetworkFlags {
  name?: string;
  rate: string;
  minElevation: string;
  interSatelliteRate?: string;
  interSatelliteRange?: string;
}

export interface PlanFlags extends NetworkFlags {
  name?: string;
  starts?: string;
  rate?: string;
}

export interface ContactFlags extends NetworkFlags {
  at?: string;
  hours?: string;
}

const CONTACTS_SHOWN = 200;

/** All pages of a list, as an array or a table. */
const lists =
  <Item>(all: (client: Client) => Promise<Item[]>, text: (items: Item[]) => string) =>
  (deps: CliDeps, flags: NetworkFlags): Promise<number> =>
    withSession(deps, flags, async ({ client }) => {
      const items = await all(client);
      deps.stdout.write(`${flags.json ? JSON.stringify(items) : text(items)}\n`);
      return EXIT.ok;
    });

export const listNodes = lists((client) => pages((page) => client.nodes(page)), nodeTable);
export const listLinks = lists((client) => pages((page) => client.links(page)), linkTable);
export const listSatellites = lists((client) => client.satellites(), constellationTable);
export const listPlans = lists((client) => client.contactPlans(), planTable);

const removes =
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
export const removeSatellites = removes((client, name) => client.removeSatellites(name), 'constellation');
export const removePlan = removes((client, name) => client.removeContactPlan(name), 'contact plan');

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

export async function addSatellites(deps: CliDeps, file: string, flags: SatelliteFlags): Promise<number> {
  const { text: tle } = await readDocument(deps, file);
  const request = {
    name: nameOf(file, flags.name),
    tle,
    rateBitsPerSecond: numberOf('--rate', flags.rate),
    minElevationDegrees: numberOf('--min-elevation', flags.minElevation),
    ...interSatellite(flags),
  };
  return withSession(deps, flags, async ({ client }) => {
    const { notes, ...answer } = await client.putSatellites(request);
    warn(deps, notes);
    const text = `${answer.name}: ${count(answer.satellites, 'satellite')}`;
    deps.stdout.write(`${flags.json ? JSON.stringify({ ...answer, notes }) : text}\n`);
    return EXIT.ok;
  });
}

function interSatellite({ interSatelliteRate: rate, interSatelliteRange: range }: SatelliteFlags): {
  interSatellite?: InterSatelliteLinks;
} {
  if (rate === undefined) {
    if (range === undefined) return {};
    throw new UsageError('--inter-satellite-range is given without a rate.', 'Give --inter-satellite-rate.');
  }
  const rangeM = range === undefined ? {} : { rangeM: numberOf('--inter-satellite-range', range) };
  return { interSatellite: { rateBitsPerSecond: numberOf('--inter-satellite-rate', rate), ...rangeM } };
}

export async function addPlan(deps: CliDeps, file: string, flags: PlanFlags): Promise<number> {
  const { text: plan } = await readDocument(deps, file, PLAN_LIMITS.textLength);
  const request = {
    name: nameOf(file, flags.name),
    plan,
    ...(flags.starts !== undefined && { startsMs: instantOf('--starts', flags.starts) }),
    ...(flags.rate !== undefined && { rateBitsPerSecond: numberOf('--rate', flags.rate) }),
  };
  return withSession(deps, flags, async ({ client }) => {
    const { notes, ...answer } = await client.putContactPlan(request);
    warn(deps, notes);
    const text = `${answer.name}: ${count(answer.contacts, 'contact')} between ${count(answer.nodes, 'node')}`;
    deps.stdout.write(`${flags.json ? JSON.stringify({ ...answer, notes }) : text}\n`);
    return EXIT.ok;
  });
}

export async function contacts(
  deps: CliDeps,
  from: string | undefined,
  to: string | undefined,
  { at, hours, ...flags }: ContactFlags,
): Promise<number> {
  const filter = {
    from,
    to,
    at: at === undefined ? undefined : String(instantOf('--at', at)),
    hours: hours === undefined ? undefined : numberOf('--hours', hours),
  };
  return withSession(deps, flags, async ({ client }) => {
    const { items, nextCursor, leftOut } = await client.contacts({
      ...filter,
      limit: flags.json ? 1000 : CONTACTS_SHOWN,
    });
    warn(
      deps,
      leftOut.map(({ satellite, fromAt, reason }) => `${satellite} is left out from ${fromAt} on: ${reason}`),
    );
    for (let cursor = nextCursor; flags.json && cursor !== undefined; ) {
      const page = await client.contacts({ ...filter, at: undefined, cursor, limit: 1000 });
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    const more = nextCursor === undefined ? '' : '\n… and more; --json prints all of them';
    deps.stdout.write(`${flags.json ? JSON.stringify(items) : `${contactTable(items)}${more}`}\n`);
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

function constellationTable(constellations: ConstellationView[]): string {
  if (constellations.length === 0)
    return 'No satellites yet; register some with: npx holdfast satellites add FILE';
  const rows = constellations.map((one) => [
    one.name,
    String(one.satellites),
    bitRate(one.rateBitsPerSecond),
    `${one.minElevationDegrees}°`,
    one.interSatellite === undefined ? '-' : bitRate(one.interSatellite.rateBitsPerSecond),
  ]);
  return table([['CONSTELLATION', 'SATELLITES', 'RATE', 'FROM', 'TO EACH OTHER'], ...rows]);
}

function planTable(plans: PlanView[]): string {
  if (plans.length === 0) return 'No contact plans yet; register one with: npx holdfast contacts add FILE';
  const rows = plans.map(({ name, format, contacts: contactCount, nodes, startsMs }) => [
    name,
    format,
    String(contactCount),
    String(nodes),
    utcTime(startsMs),
  ]);
  return table([['PLAN', 'FORM', 'CONTACTS', 'NODES', 'TIME 0 (UTC)'], ...rows]);
}

function contactTable(items: ContactView[]): string {
  if (items.length === 0) return 'No contacts; links that are always there are among: npx holdfast links';
  const rows = items.map(({ from, to, startMs, endMs, rateBitsPerSecond, delayMs, channel, link }) => [
    utcTime(startMs),
    duration(endMs - startMs),
    clean(from),
    clean(to),
    bitRate(rateBitsPerSecond),
    duration(delayMs),
    channel,
    link,
  ]);
  return table([['STARTS (UTC)', 'LASTS', 'FROM', 'TO', 'RATE', 'DELAY', 'CHANNEL', 'OVER'], ...rows]);
}

function warn(deps: CliDeps, notes: readonly string[]): void {
  for (const note of notes) deps.stderr.write(`warning: ${clean(note)}\n`);
}

/** The file's, in the characters of a name. */
function nameOf(file: string, given: string | undefined): string {
  if (given !== undefined) return given;
  const name = basename(file, extname(file))
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 64);
  if (name !== '') return name;
  throw new UsageError(`${file} makes no name.`, 'Give --name.');
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
