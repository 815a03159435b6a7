import { InvalidInput } from '../errors.ts';
import { isObject } from '../json.ts';
import { UNLIMITED_RATE } from './check.ts';
import type { Contact } from './contact.ts';
import type { PlanOptions, ReadPlan } from './plan.ts';
import type { PlanNote, PlanRow } from './settle.ts';

type Refuse = (what: string, fix: string) => never;

/**
 * Time-varying graphs (https://gitlab.com/d3tn/dtn-tvg-util). An edge's `vertices` are sender and receiver, its contacts:
 * - version 2, as A-SABR reads: `[from, to, start, end, [[validFrom, confidence, [[from, rate, delay], …]], …]]`, of
 *   which the last prediction counts; factual ones `[…, [[from, rate, delay], …]]`;
 * - version 1, as pydtnsim reads: `[from, to, start, end, [[validFrom, capacity], …], confidence, delay]`, capacity
 *   in bits over the whole window;
 * - pydtnsim's older `[start, end, _]`: both directions, and no rate.
 * Times are seconds, rates bits a second. Errors: `InvalidInput`.
 */
export function readTvg(document: Record<string, unknown>, name: string, options: PlanOptions): ReadPlan {
  const { vertices, edges } = document;
  const names = Array.isArray(vertices) ? vertices : isObject(vertices) ? Object.keys(vertices) : undefined;
  if (names === undefined || !names.every((node) => typeof node === 'string'))
    throw new InvalidInput(
      `${name}: "vertices" names no nodes.`,
      'Give a list of names, or an object by name.',
    );
  const nodes = new Set(names as string[]);
  const rows: PlanRow[] = [];
  const notes: PlanNote[] = [];
  (edges as unknown[]).forEach((edge, index) => {
    const at = `edges[${index}]`;
    if (!isObject(edge) || !Array.isArray(edge.contacts))
      throw new InvalidInput(
        `${name}: ${at} has no "contacts".`,
        'Give {"vertices": [from, to], "contacts": […]}.',
      );
    const pair = pairOf(edge.vertices, nodes, `${name}: ${at}`);
    edge.contacts.forEach((contact: unknown, which) => {
      const place = `${at}.contacts[${which}]`;
      const read = contactOf(contact, pair, options, (what, fix) => {
        throw new InvalidInput(`${name}: ${place}: ${what}.`, fix);
      });
      rows.push(...read.map((one) => ({ contact: one, at: place })));
    });
  });
  if (rows.some(({ contact }) => contact.rateBitsPerSecond === UNLIMITED_RATE))
    notes.push({ at: 'edges', message: 'no rates are stated; contacts carry anything in no time' });
  return { rows, nodes, notes };
}

function pairOf(vertices: unknown, nodes: ReadonlySet<string>, where: string): [string, string] {
  if (!Array.isArray(vertices) || vertices.length !== 2)
    throw new InvalidInput(`${where}: "vertices" is no pair.`, 'Give the sender and the receiver.');
  for (const node of vertices)
    if (typeof node !== 'string' || !nodes.has(node))
      throw new InvalidInput(
        `${where}: there is no node ${JSON.stringify(node)}.`,
        'Name nodes that "vertices" of the plan lists.',
      );
  return vertices as [string, string];
}

function contactOf(
  entry: unknown,
  [from, to]: [string, string],
  options: PlanOptions,
  refuse: Refuse,
): Contact[] {
  if (!Array.isArray(entry)) return refuse('it is no list', 'Give [from, to, start, end, …].');
  const number = (value: unknown, what: string): number =>
    typeof value === 'number' && Number.isFinite(value)
      ? value
      : refuse(`its ${what} is ${JSON.stringify(value) ?? 'missing'}`, 'Give a number.');
  const isOldest = entry.length === 3 && typeof entry[0] === 'number';
  const [start, end] = isOldest ? entry : entry.slice(2, 4);
  const window = {
    startMs: number(start, 'start') * 1000,
    endMs: number(end, 'end') * 1000,
  };
  if (isOldest) {
    const rateBitsPerSecond = options.rateBitsPerSecond ?? UNLIMITED_RATE;
    const both = { ...window, rateBitsPerSecond, delayMs: 0 };
    return [
      { from, to, ...both },
      { from: to, to: from, ...both },
    ];
  }
  if (entry[0] !== from || entry[1] !== to)
    refuse(
      `it is from ${entry[0]} to ${entry[1]}, in an edge from ${from} to ${to}`,
      'Put it into its own edge.',
    );
  const predictions = entry[4];
  if (!Array.isArray(predictions) || predictions.length === 0 || !predictions.every(Array.isArray))
    return refuse('it says nothing of rates', 'Give [[validFrom, confidence, [[from, rate, delay]]]].');
  const latest = predictions.at(-1) as unknown[];
  if (entry.length === 7) {
    const seconds = (window.endMs - window.startMs) / 1000;
    const rateBitsPerSecond = seconds > 0 ? number(latest[1], 'capacity') / seconds : 0;
    const confidence = number(entry[5], 'confidence');
    return [
      { from, to, ...window, rateBitsPerSecond, delayMs: number(entry[6], 'delay') * 1000, confidence },
    ];
  }
  if (!Array.isArray(latest[2])) return inPhases({ from, to, ...window }, predictions, number);
  const confidence = number(latest[1], 'confidence');
  return inPhases({ from, to, ...window, confidence }, latest[2] as unknown[], number);
}

/** One contact a delay: a bundle that is on its way when the delay changes would arrive nobody knows when. */
function inPhases(
  base: Omit<Contact, 'rateBitsPerSecond' | 'delayMs'>,
  phases: readonly unknown[],
  number: (value: unknown, what: string) => number,
): Contact[] {
  const contacts: Contact[] = [];
  let last: Contact | undefined;
  for (const phase of phases) {
    const [from, rate, delay] = Array.isArray(phase) ? phase : [];
    const rateBitsPerSecond = number(rate, 'rate');
    const delayMs = number(delay, 'delay') * 1000;
    const atMs = Math.max(base.startMs, number(from, 'time of a rate') * 1000);
    if (last === undefined) {
      contacts.push((last = { ...base, rateBitsPerSecond, delayMs }));
    } else if (last.delayMs === delayMs) {
      last.rateSteps = [...(last.rateSteps ?? []), { atMs, rateBitsPerSecond }];
    } else {
      const { endMs } = last;
      last.endMs = atMs;
      contacts.push((last = { ...base, startMs: atMs, endMs, rateBitsPerSecond, delayMs }));
    }
  }
  return contacts;
}
