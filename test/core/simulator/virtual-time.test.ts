import { describe, expect, test } from 'vitest';
import { exponential, SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { VirtualTime } from '../../../core/simulator/virtual-time.ts';

describe('VirtualTime', () => {
  test('runs events by time, and of one time in the order in which they were asked for', () => {
    const time = new VirtualTime(100);
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name} at ${time.nowMs}`);
    time.at(300, note('late'));
    time.at(200, note('first'));
    time.at(200, note('second'));
    time.at(0, note('overdue'));
    time.at(200, () => time.at(200, note('third')));
    time.run(250);
    expect(seen).toEqual(['overdue at 100', 'first at 200', 'second at 200', 'third at 200']);
    expect(time.nowMs).toBe(250);
    time.run();
    expect(seen.at(-1)).toBe('late at 300');
  });

  test("doesn't run what was taken back", () => {
    const time = new VirtualTime();
    const cancel = time.at(1, () => expect.unreachable());
    cancel();
    time.run();
    cancel();
    expect(time.nowMs).toBe(0);
  });

  test('is a clock: sleeps end at their time, or with their signal', async () => {
    const time = new VirtualTime();
    const slept = time.sleep(50).then(() => time.now());
    const abort = new AbortController();
    const aborted = time.sleep(20, abort.signal);
    abort.abort(new Error('enough'));
    time.run();
    await expect(aborted).rejects.toThrow('enough');
    await expect(slept).resolves.toBe(50);
    await expect(time.sleep(1, abort.signal)).rejects.toThrow('enough');
  });

  test('refuses an event at NaN', () => {
    expect(() => new VirtualTime().at(Number.NaN, () => {})).toThrow('NaN');
  });
});

describe('SeededRandom', () => {
  test('gives the same numbers for the same seed, others for another, evenly over [0, 1)', () => {
    const draw = (seed: number) => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 20_000 }, () => random.next());
    };
    const numbers = draw(7);
    expect(draw(7)).toEqual(numbers);
    expect(draw(8)).not.toEqual(numbers);
    const tenths = numbers.reduce((counts, number) => {
      counts[Math.floor(number * 10)]!++;
      return counts;
    }, Array<number>(10).fill(0));
    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  test('draws exponential times of the mean that was asked for', () => {
    const random = new SeededRandom(1);
    let sum = 0;
    for (let i = 0; i < 50_000; i++) sum += exponential(random, 4);
    expect(sum / 50_000).toBeCloseTo(0.25, 2);
  });
});
