import { dirname, join } from 'node:path';
import { InvalidInput } from '../../core/errors.ts';
import type { SimulationReport } from '../../core/simulator/report.ts';
import { EXIT } from '../errors.ts';
import { readDocument } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';
import { count, duration, table } from '../text.ts';

export interface SimulateFlags {
  seed?: string;
  json?: boolean;
}

/** Runs a scenario in virtual time, without a host. */
export async function simulate(deps: CliDeps, file: string, flags: SimulateFlags): Promise<number> {
  const seed = Number(flags.seed ?? '1');
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError(`--seed is "${flags.seed}".`, 'Give a whole number from 0.');
  const { text, format, source } = await readDocument(deps, file);
  if (text.trim() === '') throw new InvalidInput(`${source} is empty.`, 'Write a scenario.');
  const { filesOf, parseScenario } = await import('../../core/simulator/scenario.ts');
  const scenario = parseScenario(text, format, source);
  const files: Record<string, string> = {};
  for (const name of filesOf(scenario))
    files[name] = (await readDocument(deps, file === '-' ? name : join(dirname(file), name))).text;
  const report = await deps.simulate({ scenario, files, seed });
  deps.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report));
  return EXIT.ok;
}

function reportText({ name, seed, forMs, repeated, precedences, links, nodes }: SimulationReport): string {
  const time = (ms: number | undefined) => (ms === undefined ? '-' : duration(ms));
  const bundles = precedences.map((one) => [
    one.precedence,
    ...[one.offered, one.delivered, one.expired, one.underWay].map(String),
    time(one.meanDelayMs),
    time(one.p95DelayMs),
  ]);
  const ways = links.map(({ from, to, channel, sentBytes, lostBytes, usedShare }) => [
    from,
    to,
    channel,
    sentBytes.toLocaleString('en-US'),
    lostBytes.toLocaleString('en-US'),
    `${(usedShare * 100).toFixed(1)} %`,
  ]);
  const held = nodes.map(({ id, failovers, custody: { accepted, waiting, booked, released, ...ended } }) => [
    id,
    String(failovers),
    ...[
      accepted.bundles,
      ended.acknowledged.bundles,
      waiting.bundles + booked.bundles + released.bundles,
      ended.expired.bundles,
      ended.dead.bundles,
    ].map(String),
  ]);
  return [
    `${name}: ${duration(forMs)} of virtual time, seed ${seed}`,
    '',
    table([['PRECEDENCE', 'OFFERED', 'DELIVERED', 'EXPIRED', 'UNDER WAY', 'MEAN', 'P95'], ...bundles]),
    ...(repeated > 0 ? [`${count(repeated, 'bundle')} delivered more than once`] : []),
    '',
    table([['FROM', 'TO', 'CHANNEL', 'SENT (BYTES)', 'LOST', 'USED'], ...ways]),
    '',
    table([['NODE', 'FAILOVERS', 'ACCEPTED', 'HANDED ON', 'HELD', 'EXPIRED', 'DEAD'], ...held]),
    '',
  ].join('\n');
}
