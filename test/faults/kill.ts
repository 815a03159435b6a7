/** `node test/faults/kill.ts [--edge] --kills 200 [--seed S] [--json]`, with `--edge` a host and its node: exits 1 with the evidence when a promise was broken. */
import { parseArgs } from 'node:util';
import { killEdgeRepeatedly } from './edge-kill-run.ts';
import { killRepeatedly } from './kill-run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    edge: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  process.stderr.write('Give whole numbers: --kills from 1, --seed any.\n');
  process.exit(2);
}

const isTerminal = process.stderr.isTTY;
const run = values.edge ? killEdgeRepeatedly : killRepeatedly;
const report = await run({
  kills,
  seed,
  onKill: (done) => {
    if (isTerminal) process.stderr.write(`\r${done} of ${kills} kills`);
  },
});
if (isTerminal) process.stderr.write('\n');
const { violations, evidence, ...counts } = report;
process.stdout.write(
  values.json
    ? `${JSON.stringify({ ...counts, seed, violations, evidence })}\n`
    : `${Object.entries({ ...counts, seed })
        .map(([name, value]) => `${name.padEnd(21)} ${value}`)
        .join('\n')}\n`,
);
if (violations.length > 0) {
  process.stderr.write(
    `${violations.length} violations; the store and the handlers' trace are kept in ${evidence}\n` +
      `${violations.slice(0, 20).join('\n')}\nagain: node test/faults/kill.ts ${values.edge ? '--edge ' : ''}--kills ${kills} --seed ${seed}\n`,
  );
  process.exit(1);
}
