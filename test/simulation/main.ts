/** `npm run simulate -- --seeds N [--first-seed S] [--json]`. */
import { randomSchedule } from './workloads.ts';
import { World } from './world.ts';
const first = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 20);
let bad = 0; const t = Date.now(); let steps = 0;
for (let seed = first; seed < first + n; seed++) {
  const s = randomSchedule(seed);
  const r = await new World(s).run();
  steps += r.steps;
  if (r.violations.length) { bad++; if (bad < Number(process.argv[4] ?? 4)) { console.log(seed, s.title, JSON.stringify(r.violations[0])); if (process.argv[5]) console.log(r.history.slice(-Number(process.argv[5])).join('\n')); } }
}
console.log({ n, bad, steps, ms: Date.now() - t });
