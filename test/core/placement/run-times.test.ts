import { expect, test } from 'vitest';
import { RunTimes } from '../../../core/placement/run-times.ts';

test('a type is expected to take its median of late, at each node its own', () => {
  const times = new RunTimes();
  expect(times.expectedMs('edge', 'echo')).toBe(0);
  for (const ranMs of [10, 1000, 30]) times.ended('edge', 'echo', ranMs);
  times.ended('other', 'echo', 7);
  expect([times.expectedMs('edge', 'echo'), times.expectedMs('other', 'echo')]).toEqual([30, 7]);
  expect(times.expectedMs('edge', 'load')).toBe(0);
});

test('what it took long ago is forgotten', () => {
  const times = new RunTimes();
  for (let ended = 0; ended < 100; ended++) times.ended('edge', 'echo', 1e6);
  for (let ended = 0; ended < 15; ended++) times.ended('edge', 'echo', 5);
  expect(times.expectedMs('edge', 'echo')).toBe(5);
});
