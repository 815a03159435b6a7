import { InvalidInput } from '../errors.ts';
import type { Contact } from './contact.ts';
import type { ReadPlan } from './plan.ts';
import { type Range, withDelays } from './ranges.ts';
import type { PlanNote, PlanRow } from './settle.ts';

interface Line {
  number: number;
  words: string[];
}

/**
 * ION's administration commands (ionrc(5)), of which `a contact`, `a range` and `@` make the plan:
 * `a contact START STOP FROM TO BYTES_PER_SECOND [CONFIDENCE]`, `a range START STOP FROM TO SECONDS`. Times are
 * `yyyy/mm/dd-hh:mm:ss`, or seconds after the last `@ TIME` (`+60`; `60` too), which is 0 without one.
 * A range holds both ways unless the way back has its own. Errors: `InvalidInput`, with the line.
 */
export function readIon(text: string, name: string): ReadPlan {
  const rows: PlanRow[] = [];
  const ranges: Range[] = [];
  const notes: PlanNote[] = [];
  const clock = createClock(name);
  for (const line of linesOf(text)) {
    const { number, words } = line;
    const [verb = '', noun = ''] = words.map((word) => word.toLowerCase());
    if (verb === '@') clock.set(line, words[1]);
    else if (verb === 'a' && noun === 'contact') {
      const contact = contactOf(line, clock, name);
      if (contact !== undefined) rows.push({ contact, at: `line ${number}` });
      else
        notes.push({ at: `line ${number}`, message: 'it registers a node and is no window; it is left out' });
    } else if (verb === 'a' && noun === 'range') ranges.push(rangeOf(line, clock, name));
    else if (/^[dc]$/.test(verb) && /^(contact|range)$/.test(noun))
      refuse(
        name,
        line,
        `"${verb} ${noun}" changes a plan that isn't running`,
        'Give the plan as it is in the end.',
      );
    else if (!isAdministration(verb))
      refuse(name, line, `"${words.slice(0, 2).join(' ').slice(0, 40)}" is no line of a contact plan`, FORMS);
  }
  clock.check();
  const split = withDelays(rows, ranges, notes);
  return {
    rows: split,
    nodes: rows.flatMap(({ contact }) => [contact.from, contact.to]),
    notes,
    sizeUnitBits: 8,
  };
}

const FORMS =
  'Write "a contact +0 +60 1 2 1000" and "a range +0 +60 1 2 1"; other plans are HDTN JSON, A-SABR text, or dtn-tvg-util JSON.';

/** Commands of the same file that say nothing of contacts: initialise, start, manage, echo, version, others' schemes. */
const isAdministration = (verb: string): boolean => /^[aimsevwhlqx?1-9]$/.test(verb);

function refuse(name: string, { number }: Line, what: string, fix: string): never {
  throw new InvalidInput(`${name}:${number}: ${what}.`, fix);
}

function* linesOf(text: string): Generator<Line> {
  let number = 0;
  for (const line of text.split(/\r\n|[\r\n]/)) {
    number += 1;
    const words = line
      .replace(/[#;].*/, '')
      .split(/\s+/)
      .filter(Boolean);
    if (words.length > 0) yield { number, words };
  }
}

interface IonClock {
  set(line: Line, word: string | undefined): void;
  /** Milliseconds. */
  read(line: Line, word: string | undefined): number;
  check(): void;
}

function createClock(name: string): IonClock {
  let referenceMs = 0;
  let floating: Line | undefined;
  let dated: Line | undefined;
  let isSet = false;
  const read = (line: Line, word = ''): number => {
    const seconds = /^\+?\d+(\.\d+)?$/.test(word) ? Number(word) : undefined;
    if (seconds !== undefined) {
      if (!isSet) floating ??= line;
      return referenceMs + seconds * 1000;
    }
    dated ??= line;
    return dateOf(word) ?? refuse(name, line, `"${word.slice(0, 40)}" is no time`, TIMES);
  };
  return {
    read,
    set(line, word) {
      const isDate = word !== undefined && dateOf(word) !== undefined;
      referenceMs = read(line, word);
      isSet ||= isDate;
    },
    check() {
      if (floating !== undefined && dated !== undefined)
        refuse(
          name,
          floating,
          `it counts from no date, and line ${dated.number} has one`,
          'Put "@ yyyy/mm/dd-hh:mm:ss" before the first line that counts.',
        );
    },
  };
}

const TIMES = 'Give seconds, such as +60, or yyyy/mm/dd-hh:mm:ss.';

function dateOf(word: string): number | undefined {
  const found = /^(\d{4})\/(\d\d?)\/(\d\d?)-(\d\d?):(\d\d?):(\d\d?)$/.exec(word);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60
    ? ms
    : undefined;
}

function quantity(line: Line, name: string, what: string, word = ''): number {
  return /^\d+(\.\d+)?(e\+?\d{1,3})?$/i.test(word)
    ? Number(word)
    : refuse(
        name,
        line,
        `its ${what} is ${word === '' ? 'missing' : `"${word.slice(0, 40)}"`}`,
        'Give a number from 0.',
      );
}

function ends(line: Line, name: string): [string, string] {
  const [from, to] = line.words.slice(4, 6);
  if (from === undefined || to === undefined) return refuse(name, line, 'it names no two nodes', FORMS);
  return [from, to];
}

function contactOf(line: Line, clock: IonClock, name: string): Contact | undefined {
  const { words } = line;
  if (words[2] === '-1') return undefined;
  const [from, to] = ends(line, name);
  const confidence = words[7] === undefined ? undefined : quantity(line, name, 'confidence', words[7]);
  if (words.length > 8) refuse(name, line, `"${words[8]!.slice(0, 40)}" is one word too many`, FORMS);
  return {
    from,
    to,
    startMs: clock.read(line, words[2]),
    endMs: clock.read(line, words[3]),
    rateBitsPerSecond: quantity(line, name, 'rate', words[6]) * 8,
    delayMs: 0,
    ...(confidence !== undefined && { confidence }),
  };
}

function rangeOf(line: Line, clock: IonClock, name: string): Range {
  const [from, to] = ends(line, name);
  const [startMs, endMs] = [clock.read(line, line.words[2]), clock.read(line, line.words[3])];
  if (endMs <= startMs)
    refuse(name, line, 'the range ends before it starts', 'Give its start, then its end.');
  return {
    from,
    to,
    startMs,
    endMs,
    delayMs: quantity(line, name, 'distance', line.words[6]) * 1000,
    at: `line ${line.number}`,
  };
}
