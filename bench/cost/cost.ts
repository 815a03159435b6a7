/** Dollars a million tasks, by service, beside what the same tasks cost elsewhere. */
import { costOfMillion, STANDING } from '../../core/cost/million.ts';
import { type Peer, peersOf } from '../../core/cost/peers.ts';
import { PRICES_DATE, PRICES_REGION } from '../../core/cost/prices.ts';
import { type BillLine, billOf, byService } from '../../core/cost/units.ts';
import { type Workload, workloads } from './workloads.ts';

export interface CostRow {
  name: string;
  kind: Workload['kind'];
  /** Dollars a million tasks. */
  usd: number;
  services: Record<string, number>;
  lines: BillLine[];
}

export interface CostBench {
  region: string;
  pricesDate: string;
  /** How long each attempt of a short task takes. */
  attemptMs: number;
  rows: CostRow[];
  peers: Peer[];
  /** Dollars a month that a deployment costs when nothing runs. */
  standing: BillLine[];
}

const TASKS_EACH = 100;

export async function benchCost(options: {
  attemptMs: number;
  say: (line: string) => void;
  /** Which recorded workflows. @default all of them */
  isWanted?: (file: string) => boolean;
}): Promise<CostBench> {
  const { attemptMs, say, isWanted } = options;
  const rows: CostRow[] = [];
  for (const { name, kind, histories } of await workloads(say, isWanted)) {
    const { bill } = await costOfMillion(histories, { attemptMs });
    rows.push({ name, kind, usd: bill.usd, services: byService(bill), lines: bill.lines });
  }
  return {
    region: PRICES_REGION,
    pricesDate: PRICES_DATE,
    attemptMs,
    rows,
    peers: peersOf({ attemptMs, tasksEach: TASKS_EACH }),
    standing: billOf(STANDING).lines,
  };
}

/** The same as tables. */
export function costText({ region, pricesDate, attemptMs, rows, peers, standing }: CostBench): string {
  const services = ['Step Functions', 'Lambda', 'DynamoDB'];
  const others = ({ services: all }: CostRow) =>
    Object.entries(all).reduce((sum, [name, usd]) => sum + (services.includes(name) ? 0 : usd), 0);
  const rowOf = (row: CostRow) => [
    row.name,
    ...services.map((name) => usd(row.services[name] ?? 0)),
    usd(others(row)),
    usd(row.usd),
  ];
  const head = [...services, 'other', 'total'];
  const of = (kind: CostRow['kind']) => rows.filter((row) => row.kind === kind).map(rowOf);
  const range = ({ from, to }: Peer['usd']) => (from === to ? usd(from) : `${usd(from)}-${usd(to)}`);
  return [
    `Dollars a million tasks, ${region}, list prices of ${pricesDate}.`,
    '',
    columns([
      [`short tasks (${attemptMs} ms)`, ...head],
      ...of('short'),
      ['tasks that wait for', ...head],
      ...of('waiting'),
      ['with a time limit', ...head],
      ...of('timed'),
    ]),
    '',
    columns([['elsewhere', 'total', ''], ...peers.map((peer) => [peer.name, range(peer.usd), peer.counts])]),
    '',
    columns([
      ['a month, running or not', ''],
      ...standing.map((line) => [`${line.service}: ${line.quantity} ${line.unit}`, usd(line.usd)]),
    ]),
  ].join('\n');
}

const usd = (value: number): string => value.toFixed(2);

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number) =>
    /^[\d.-]+$/.test(text) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
