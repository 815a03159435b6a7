/** docs/emulator-gaps.md, the harness and the suite name the same gaps. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SKIPS } from '../aws/skips.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const gaps = (await read('docs/emulator-gaps.md'))
  .split(/^### /m)
  .slice(1)
  .map((section) => ({ heading: section.slice(0, section.indexOf('\n')), section }));
const headings = gaps.map(({ heading }) => heading);

test('every gap says what the emulator does, and what AWS does by a document', () => {
  expect(gaps.length).toBeGreaterThan(10);
  for (const { heading, section } of gaps) {
    expect([heading, section]).toEqual([heading, expect.stringMatching(/^Emulator: /m)]);
    expect([heading, section]).toEqual([
      heading,
      expect.stringMatching(/^AWS: [^]*\(https:\/\/docs\.aws\.amazon\.com\//m),
    ]);
  }
});

test('exactly the gaps that are called mended are mended', async () => {
  const mended = gaps.filter(({ section }) => /^Harness: mended/m.test(section));
  const mends = (await read('test/aws/emulator.py')).matchAll(/^@mend\(\s*"([^"]+)"/gm);
  expect(new Set(Array.from(mends, ([, heading]) => heading))).toEqual(
    new Set(mended.map(({ heading }) => heading)),
  );
});

test('every skipped case names a gap', () => {
  for (const gap of Object.values(SKIPS)) expect(headings).toContain(gap);
});
