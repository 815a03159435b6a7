import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../adapters/system/clock.ts';
import { clockSuite } from '../../ports/clock.suite.ts';

clockSuite('The system clock', () => ({ clock: new SystemClock() }));

describe('a sleep longer than a timer can be', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lasts as long as it was asked to', async () => {
    let awake = false;
    const days = 24 * 3600 * 1000;
    const slept = new SystemClock().sleep(60 * days).then(() => {
      awake = true;
    });
    await vi.advanceTimersByTimeAsync(60 * days - 1);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(awake).toBe(true);
  });

  it('leaves no timer behind when it is aborted', async () => {
    const controller = new AbortController();
    const slept = new SystemClock().sleep(2 ** 40, controller.signal);
    controller.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });
});
