/** Commands about what comes and goes: satellites, contact plans, contacts. */
import { basename, extname } from 'node:path';
import type { ConstellationView, ContactView, PlanView } from '../../core/api/network-schemas.ts';
import { PLAN_LIMITS } from '../../core/contact-plan/check.ts';
import type { InterSatelliteLinks } from '../../core/network/network.ts';
import { EXIT } from '../errors.ts';
import { readDocument } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';
import { bitRate, clean, count, duration, table, utcTime } from '../text.ts';
import { withSession } from './look.ts';
import { instantOf, lists, type NetworkFlags, numberOf, removes } from './network.ts';

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

export const listSatellites = lists((client) => client.satellites(), constellationTable);
export const listPlans = lists((client) => client.contactPlans(), planTable);

export const removeSatellites = removes((client, name) => client.removeSatellites(name), 'constellation');
export const removePlan = removes((client, name) => client.removeContactPlan(name), 'contact plan');

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
