import { parseArgs } from 'node:util';

const USAGE = `usage: npm run bench -- BENCH [--json]
  engine [--quick] [--no-peers] [--only PART[,PART]]   on this machine, beside durable peers
    parts: throughput, wfcommons, montage, socket
    --quick      few rounds, to see that it runs; its figures mean nothing
    --no-peers   Holdfast alone
  cost [--task-ms MS]   dollars a million tasks on AWS, by service, beside other services; attempts of 10 ms unless given
  network [--quick] [--only PART[,PART]]   routes, passes, bundles, queues and failover, beside peers and published answers
    parts: contacts, static, orbits, bundles, queues, delta, failover
  scale                 where the quotas of AWS bind, in simulated time`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  'no-peers': { type: 'boolean', default: false },
  only: { type: 'string' },
  'task-ms': { type: 'string', default: '10' },
} as const;

const { positionals, values } = parseArgs({ allowPositionals: true, options: OPTIONS });
const say = (line: string) => console.error(line);
const print = <Result>(result: Result, text?: (result: Result) => string): void =>
  console.log(
    text && !values.json ? text(result) : JSON.stringify(result, null, values.json ? undefined : 2),
  );

/** Each loads only what it needs. */
const BENCHES: Record<string, () => Promise<void>> = {
  async engine() {
    const { benchEngine } = await import('./engine/engine.ts');
    const { quick, only } = values;
    print(await benchEngine({ quick, peers: !values['no-peers'], only: only?.split(','), say }));
  },
  async cost() {
    const { benchCost, costText } = await import('./cost/cost.ts');
    print(await benchCost({ attemptMs: millisecondsOf(values['task-ms']), say }), costText);
  },
  async network() {
    const { benchNetwork, NETWORK_PARTS } = await import('./network/network.ts');
    const only = values.only?.split(',');
    const unknown = only?.find((part) => !NETWORK_PARTS.includes(part));
    if (unknown !== undefined) refuse(`--only names ${unknown}: the parts are ${NETWORK_PARTS.join(', ')}.`);
    print(await benchNetwork({ quick: values.quick, only, say }));
  },
  async scale() {
    const { benchScale, scaleText } = await import('./scale/scale.ts');
    print(benchScale(), scaleText);
  },
};

const bench = positionals.length === 1 ? BENCHES[positionals[0]!] : undefined;
if (bench === undefined) refuse(USAGE);
await bench();

function millisecondsOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  return refuse(`--task-ms is ${text}: give whole milliseconds.\n${USAGE}`);
}

function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}
