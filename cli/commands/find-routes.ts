/** Routes over the network that a host knows. */
import type { RoutesView, RouteView } from '../../core/api/network-schemas.ts';
import { didYouMean } from '../../core/api/nearest.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { EXIT } from '../errors.ts';
import { type CliDeps, UsageError } from '../io.ts';
import { clean, duration, table, utcTime } from '../text.ts';
import { withSession } from './look.ts';
import { instantOf, type NetworkFlags, numberOf } from './network.ts';

export interface FindFlags extends NetworkFlags {
  at?: string;
  size?: string;
  precedence?: string;
  alternatives?: string;
  disjoint?: boolean;
  hours?: string;
}

/** Ends with 1 where there is no route. */
export async function findRoutes(deps: CliDeps, from: string, to: string, flags: FindFlags): Promise<number> {
  const precedence = PRECEDENCES.find((each) => each === (flags.precedence ?? 'routine'));
  if (precedence === undefined)
    throw new UsageError(
      `--precedence is "${flags.precedence}".`,
      didYouMean(flags.precedence!, PRECEDENCES),
    );
  const number = (option: 'size' | 'alternatives' | 'hours') =>
    flags[option] === undefined ? undefined : numberOf(`--${option}`, flags[option]);
  const question = {
    at: flags.at === undefined ? undefined : String(instantOf('--at', flags.at)),
    size: number('size'),
    precedence,
    alternatives: number('alternatives'),
    disjoint: flags.disjoint,
    hours: number('hours'),
  };
  return withSession(deps, flags, async ({ client }) => {
    const answer = await client.routes(from, to, question);
    deps.stdout.write(`${flags.json ? JSON.stringify(answer) : routesText(answer)}\n`);
    return answer.route === null ? EXIT.failed : EXIT.ok;
  });
}

function routesText({ route, reason, alternatives, disjoint, atMs }: RoutesView): string {
  if (route === null) return clean(reason ?? 'There is no route.');
  const parts = [
    ['', route],
    ...alternatives.map((other, index) => [`alternative ${index + 1}: `, other]),
    ...(disjoint?.routes ?? []).map((other, index) => [`disjoint ${index + 1}: `, other]),
  ] as [string, RouteView][];
  const texts = parts.map(([title, one]) => `${title}${routeText(one, atMs)}`);
  if (disjoint?.reason !== undefined) texts.push(`no disjoint pair: ${disjoint.reason}`);
  return texts.join('\n\n');
}

function routeText({ hops, arrivalMs, expiresMs }: RouteView, atMs: number): string {
  const arrives = `arrives ${utcTime(arrivalMs)} UTC, after ${duration(arrivalMs - atMs)}`;
  if (hops.length === 0) return `${arrives}: it is there`;
  const rows = hops.map((hop) => [
    clean(hop.from),
    clean(hop.to),
    hop.channel,
    hop.link,
    utcTime(hop.departMs),
    utcTime(hop.arriveMs),
    hop.closesMs === undefined ? '-' : utcTime(hop.closesMs),
  ]);
  const heads = ['FROM', 'TO', 'CHANNEL', 'OVER', 'DEPARTS (UTC)', 'ARRIVES', 'CLOSES'];
  const expires = expiresMs === undefined ? '' : `; good until ${utcTime(expiresMs)}`;
  return `${arrives}${expires}\n${table([heads, ...rows])}`;
}
