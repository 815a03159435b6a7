/**
 * `node .ci/summary.mjs REPORTS [SCRIPT…]`: names each test that failed, then counts all, from the runner's JSON reports in a folder,
 * `<script>.json` each. SCRIPT: those that ended with an error; one that no failed test accounts for is named itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const [folder, ...scripts] = process.argv.slice(2);
const reports = new Map(
  readdirSync(folder).map((file) => [
    basename(file, '.json'),
    JSON.parse(readFileSync(join(folder, file), 'utf8')),
  ]),
);

const hasFailed = ({ status }) => status === 'failed';

function failuresOf({ testResults }) {
  return testResults.filter(hasFailed).flatMap(({ name, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults.filter(hasFailed);
    // A file that can't be loaded has none.
    if (tests.length === 0) return [`failed: ${file}: ${message.split('\n')[0]}`];
    return tests.map(({ fullName }) => `failed: ${file}: ${fullName}`);
  });
}

function failuresOfScript(script) {
  const report = reports.get(script);
  if (!report) return [`failed: npm run ${script}`];
  return failuresOf(report).length > 0 ? [] : [`failed: npm run ${script}: an error outside of its tests`];
}

const failures = [...[...reports.values()].flatMap(failuresOf), ...scripts.flatMap(failuresOfScript)];
for (const failure of failures) console.log(failure);

const sum = (name) => [...reports.values()].reduce((total, report) => total + report[name], 0);
const [passed, failed, skipped] = ['numPassedTests', 'numFailedTests', 'numPendingTests'].map(sum);
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = passed === 0 || failures.length > 0 ? 1 : 0;
