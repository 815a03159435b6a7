import { InvalidInput } from '../errors.ts';
import { isObject } from '../json.ts';
import { PLAN_LIMITS } from './check.ts';
import type { Contact } from './contact.ts';
import { readAsabr } from './format-asabr.ts';
import { readHdtn } from './format-hdtn.ts';
import { readIon } from './format-ion.ts';
import { readTvg } from './format-tvg.ts';
import { type PlanNote, type PlanRow, settleContacts } from './settle.ts';

export type PlanFormat = 'hdtn' | 'ion' | 'asabr' | 'tvg';

/** A contact plan as a file has it, in Holdfast's units. */
export interface Plan {
  format: PlanFormat;
  contacts: Contact[];
  /** Every node, those without a contact too, in the file's order. */
  nodes: string[];
  /** What was read and isn't in the plan as it was written. */
  notes: PlanNote[];
  /** So many milliseconds has the unit of the file's times. */
  timeUnitMs: number;
  /** So many bits has the unit of the file's rates a second: 1 bit, or ION's 8. */
  sizeUnitBits: number;
}

/** What a format's reader hands on. */
export interface ReadPlan {
  rows: PlanRow[];
  nodes: Iterable<string>;
  notes?: PlanNote[];
  /** @default 1 */
  sizeUnitBits?: number;
}

export interface PlanOptions {
  /** For plans that state no rate. @default everything is carried in no time */
  rateBitsPerSecond?: number;
  /** Refuse what would be set aside with a note: overlapping, inverted and empty windows. */
  isStrict?: boolean;
}

/**
 * Reads a contact plan, telling by its looks which form it has: HDTN's JSON, ION's `a contact` and `a range` lines
 * (dtnsim's too), A-SABR's text, the JSON of dtn-tvg-util (versions 1 and 2) and that of pydtnsim.
 * `name` is what messages call it. Errors: `InvalidInput`, with line or index.
 */
export function parsePlan(text: string, name: string, options: PlanOptions = {}): Plan {
  if (text.length > PLAN_LIMITS.textLength)
    throw new InvalidInput(
      `${name} has ${text.length} characters.`,
      `Give a plan of at most ${PLAN_LIMITS.textLength}.`,
    );
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const [format, read] = /^\s*[{[]/.test(body) ? readJson(body, name, options) : readText(body, name);
  return finish(format, read, name, options);
}

function readJson(text: string, name: string, options: PlanOptions): [PlanFormat, ReadPlan] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const bare = /[:[,]\s*-?(NaN|Infinity)\b/.exec(text);
    const why = bare === null ? (cause as Error).message : `it holds ${bare[1]}, which is no number`;
    throw new InvalidInput(`${name} is not JSON: ${why}.`, 'Mend it there, or export the plan again.', {
      cause,
    });
  }
  if (isObject(document) && Array.isArray(document.edges)) return ['tvg', readTvg(document, name, options)];
  if (isObject(document) && Array.isArray(document.contacts))
    return ['hdtn', readHdtn(document.contacts, name)];
  throw new InvalidInput(
    `${name} is JSON with neither "contacts" nor "edges".`,
    'Give {"contacts": [{"source", "dest", "startTime", …}]} as HDTN has it, or {"vertices", "edges"} as dtn-tvg-util writes it.',
  );
}

function readText(text: string, name: string): [PlanFormat, ReadPlan] {
  const [word = ''] = /^(?![ \t]*(?:[#;]|$)).*\S/m.exec(text)?.[0].trim().split(/[\s[]/) ?? [];
  return /^(node|enode|vnode|contact)$/.test(word)
    ? ['asabr', readAsabr(text, name)]
    : ['ion', readIon(text, name)];
}

function finish(format: PlanFormat, read: ReadPlan, name: string, { isStrict }: PlanOptions): Plan {
  const { rows, sizeUnitBits = 1, notes: before = [] } = read;
  if (rows.length > PLAN_LIMITS.contacts)
    throw new InvalidInput(`${name} has ${rows.length} contacts.`, `Give at most ${PLAN_LIMITS.contacts}.`);
  const { contacts, notes: settled } = settleContacts(rows, name);
  const notes = [...before, ...settled];
  if (isStrict && notes.length > 0)
    throw new InvalidInput(
      `${name}: ${notes[0]!.at}: ${notes[0]!.message.replace(/;.*/, '')}.`,
      `Mend it${notes.length > 1 ? ` and ${notes.length - 1} more` : ''}, or read the plan without being strict.`,
    );
  const nodes = new Set(read.nodes);
  for (const { from, to } of contacts) nodes.add(from).add(to);
  if (contacts.length === 0)
    throw new InvalidInput(
      `${name} has no contact that can carry anything${notes.length > 0 ? `: ${notes[0]!.at}: ${notes[0]!.message}` : ''}.`,
      'Give a plan with contacts: HDTN JSON, ION "a contact" lines, A-SABR text, or dtn-tvg-util JSON.',
    );
  return { format, contacts, nodes: [...nodes], notes, timeUnitMs: 1000, sizeUnitBits };
}
