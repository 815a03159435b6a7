import { parseArgs } from 'node:util';
import { benchEngine } from './engine/engine.ts';

const USAGE = `usage: npm run bench -- engine [--json] [--quick] [--no-peers] [--only PART[,PART]]
  parts: throughput, wfcommons, montage, socket
  --quick      few rounds, to see that it runs; its figures mean nothing
  --no-peers   Holdfast alone`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'no-peers': { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

if (positionals.length !== 1 || positionals[0] !== 'engine') {
  console.error(USAGE);
  process.exit(2);
}
const say = (line: string) => console.error(line);
const result = await benchEngine({
  quick: values.quick,
  peers: !values['no-peers'],
  only: values.only?.split(','),
  say,
});
console.log(JSON.stringify(result, null, values.json ? undefined : 2));
