import { describe, expect, test } from 'vitest';
import { type Itinerary, replay, type ReplayOptions } from '../../../core/simulator/replay.ts';

/** A byte a millisecond. */
const contact = (from: string, to: string, startMs: number, endMs: number, delayMs = 0) => ({
  from,
  to,
  startMs,
  endMs,
  delayMs,
  rateBitsPerSecond: 8000,
});
const CONTACTS = [contact('a', 'b', 0, 300), contact('b', 'c', 100, 350, 10)];
const bundle = (id: string, more: Partial<Itinerary> = {}): Itinerary => ({
  id,
  from: 'a',
  to: 'c',
  sizeBytes: 100,
  readyMs: 0,
  contacts: [0, 1],
  ...more,
});
const run = (itineraries: Itinerary[], more: Partial<ReplayOptions> = {}) =>
  replay(CONTACTS, itineraries, { orderOf: () => itineraries.map(({ id }) => id), ...more });

describe('replay', () => {
  test('moves bundles through contacts one at a time and counts what they take', () => {
    const result = run([bundle('1'), bundle('2')]);
    expect(Object.fromEntries(result.arrivalMs)).toEqual({ 1: 210, 2: 310 });
    expect(result.meanDelayMs).toBe(260);
    expect(Object.fromEntries(result.carriedBytes)).toEqual({ 0: 200, 1: 200 });
  });

  test('counts an arrival when it begins to be sent where it is told to, and keeps the contact busy', () => {
    const result = run([bundle('1'), bundle('2')], { arrival: 'first-bit' });
    expect(Object.fromEntries(result.arrivalMs)).toEqual({ 1: 110, 2: 210 });
  });

  test('loses what misses the end of its contact, and nothing else waits for that', () => {
    const late = bundle('late', { readyMs: 250 });
    const result = run([late, bundle('1', { readyMs: 260, from: 'b', sizeBytes: 80, contacts: [1] })]);
    expect(result.undelivered).toEqual(['late']);
    expect(result.arrivalMs.get('1')).toBe(350);
  });

  test('carries no more than fits into a contact', () => {
    const result = run(['1', '2', '3', '4'].map((id) => bundle(id, { to: 'b', contacts: [0] })));
    expect(result.undelivered).toEqual(['4']);
    expect(result.carriedBytes.get(0)).toBe(300);
  });

  test('loses what no order has a place for, and what comes when the contact is over', () => {
    expect(run([bundle('1')], { orderOf: () => ['unknown'] }).undelivered).toEqual(['1']);
    expect(run([bundle('1', { readyMs: 300 })]).undelivered).toEqual(['1']);
  });

  test("doesn't count what arrives after the end", () => {
    expect(run([bundle('1')], { endMs: 209 }).undelivered).toEqual(['1']);
  });

  test('follows steps of the rate', () => {
    const stepped = [{ ...contact('a', 'b', 0, 300), rateSteps: [{ atMs: 50, rateBitsPerSecond: 16_000 }] }];
    const one = bundle('1', { to: 'b', contacts: [0] });
    expect(replay(stepped, [one], { orderOf: () => ['1'] }).arrivalMs.get('1')).toBe(75);
  });

  test.each([
    ['contacts that do not follow each other', bundle('1', { contacts: [1, 0] })],
    ['a contact that is not there', bundle('1', { contacts: [0, 9] })],
    ['a way that ends elsewhere', bundle('1', { contacts: [0] })],
    ['a time that is none', bundle('1', { readyMs: Number.NaN })],
  ])('refuses %s', (_, itinerary) => {
    expect(() => run([itinerary])).toThrow(expect.objectContaining({ name: 'InvalidInput' }));
  });

  test('refuses two bundles of one id', () => {
    expect(() => run([bundle('1'), bundle('1')])).toThrow('one id');
  });
});
