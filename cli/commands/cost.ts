import type { CostView } from '../../core/api/cost-view.ts';
import { EXIT } from '../errors.ts';
import type { CliDeps } from '../io.ts';
import type { HostFlags } from '../session.ts';
import { count, table } from '../text.ts';
import { withSession } from './look.ts';

/** What an execution costs on AWS, wherever it ran. */
export async function cost(
  deps: CliDeps,
  id: string,
  flags: HostFlags & { json?: boolean },
): Promise<number> {
  return withSession(deps, flags, async ({ client }) => {
    const view = await client.cost(id);
    deps.stdout.write(`${flags.json ? JSON.stringify(view) : costText(view)}\n`);
    return EXIT.ok;
  });
}

function costText(view: CostView): string {
  const { executionId, usd, usdPerMillionTasks, tasks, executions, lines, region, pricesDate } = view;
  const perMillion = (of: number) => (tasks === 0 ? '' : ((of / tasks) * 1_000_000).toFixed(2));
  const rows = lines.map((line) => [
    line.service,
    line.unit,
    quantity(line.quantity),
    dollars(line.usd),
    perMillion(line.usd),
  ]);
  const children = executions > 1 ? `, ${count(executions - 1, 'child execution')} among them` : '';
  return [
    table([
      ['SERVICE', 'UNIT', 'QUANTITY', 'USD', 'USD A MILLION TASKS'],
      ...rows,
      ['', '', '', dollars(usd), usdPerMillionTasks.toFixed(2)],
    ]),
    '',
    `${executionId}  ${count(tasks, 'task')}${children}; on AWS in ${region} at list prices of ${pricesDate}`,
  ].join('\n');
}

/** Three figures that count, never as a power of ten. */
const quantity = (value: number): string =>
  value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString('en-US')
    : value.toFixed(Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(value)))));

const dollars = (usd: number): string => `$${usd.toFixed(8)}`;
