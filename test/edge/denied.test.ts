/** The demonstration itself: hosts over real MQTT in accelerated time. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import pico from 'picocolors';
import { deniedScreen, deniedSummary } from '../../cli/denied/screen.ts';
import type { DeniedState } from '../../cli/denied/state.ts';
import { openDenied } from '../../edge/denied/denied.ts';

const examplesDir = join(import.meta.dirname, '../../examples');
const logger = { debug() {}, info() {}, warn() {}, error() {} };

test('finishes a workflow whose links are jammed, over what is left, and loses nothing', async () => {
  const run = await openDenied({ examplesDir, factor: 30, logger });
  const news: string[] = [];
  run.onNews((_, text) => news.push(text));
  let last: DeniedState;
  let isBooked = false;
  const looking = setInterval(() => {
    void run.state().then((state) => {
      const screen = deniedScreen(state, [], { columns: 120, rows: 60, colors: pico.createColors(false) });
      isBooked ||= /hub → ISS +satellites:leo +flash +1 bundle, .* 1 booked for 19:54:34/.test(screen);
    });
  }, 250);
  try {
    expect(await run.done).toMatchObject({
      isSuccess: true,
      output: 'peak 4.2 mm/s, 260 KB of pictures',
      errors: [],
    });
    last = await run.state();
  } finally {
    clearInterval(looking);
    await run.close();
  }
  expect(last.tasks.map(({ id, state, node }) => [id, state, node])).toEqual([
    ['brief', 'succeeded', undefined],
    ['overview', 'succeeded', 'camp'],
    ['pictures', 'succeeded', 'camp'],
    ['archive', 'succeeded', 'camp'],
    ['listen', 'succeeded', 'ridge'],
    ['report', 'succeeded', undefined],
  ]);
  expect(last.failovers).toBeGreaterThan(0);
  expect(news.some((text) => text.startsWith('camp → hub') && text.includes('no channel'))).toBe(true);
  const carried = (from: string, to: string) =>
    last.traffic.find((one) => one.from === from && one.to === to && one.channel === 'satellite');
  for (const [from, to] of [
    ['hub', 'ISS'],
    ['ISS', 'ridge'],
    ['ridge', 'ISS'],
    ['ISS', 'hub'],
    ['camp', 'ISS'],
  ] as const)
    expect(carried(from, to)?.bundleFrames, `${from} to ${to}`).toBeGreaterThan(0);
  expect(isBooked).toBe(true);
  expect(deniedSummary(last)).toMatch(/ridge → ISS +satellite +1 frame /);
  for (const { id, totals } of last.nodes) {
    const { accepted, ...others } = totals;
    expect(accepted.bundles, id).toBe(Object.values(others).reduce((sum, { bundles }) => sum + bundles, 0));
    expect(totals.dead.bundles, id).toBe(0);
    // News of links that the hub sends is worth nothing after ten minutes, and may end so where a node is cut off.
    if (!['hub', 'ISS'].includes(id)) expect(totals.expired.bundles, id).toBe(0);
  }
});
