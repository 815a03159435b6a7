import { expect, test } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { LANE, released } from '../../ports/custody-fixtures.ts';
import { drain, idsOf, releaseLanesSuite } from '../../ports/release-lanes.suite.ts';
import { temporaryFolder } from './temporary.ts';

/** Time that passes when it is told to. */
function clockOf() {
  let nowMs = 1000;
  return { now: () => nowMs, pass: (ms: number) => void (nowMs += ms) };
}

releaseLanesSuite('SQLite in memory', () => {
  const clock = clockOf();
  const store = openStore({ dataDir: ':memory:', clock });
  return { lanes: store.lanes, pass: clock.pass, close: () => store.close() };
});

releaseLanesSuite('SQLite in a file', () => {
  const clock = clockOf();
  const store = openStore({ dataDir: temporaryFolder(), clock });
  return { lanes: store.lanes, pass: clock.pass, close: () => store.close() };
});

test('gives what was put before a power cut, in order, once it is free again', async () => {
  const dataDir = temporaryFolder();
  const clock = clockOf();
  let store = openStore({ dataDir, clock });
  await store.lanes.put(LANE, [released('a'), released('b')]);
  expect(idsOf(await store.lanes.take(LANE, 1, 1000))).toEqual(['a']);
  store.crash();
  store = openStore({ dataDir, clock });
  clock.pass(1000);
  expect(await drain(store.lanes)).toEqual(['a', 'b']);
  store.close();
});
