/** Two- and three-line element sets, read strictly: what they say is flown as it is said, or not at all. */
import { InvalidInput } from '../../errors.ts';
import { type Fields, lineComplaint, readFields } from './tle-fields.ts';

export interface Tle extends Fields {
  /** The name line where there is one, else the catalogue number. */
  name: string;
  line1: string;
  line2: string;
  /** Where line 1 is in its text, from 1. */
  line: number;
}

export const TLE_LIMITS = { sizeBytes: 16 * 1024 * 1024, satellites: 50_000, nameLength: 100 };

/**
 * Reads element sets of two lines, or of three with the name first ("0 NAME" or "NAME"). Blank lines, lines that
 * begin with "#", a byte-order mark and any kind of line end are fine.
 * Errors: `InvalidInput` with source and line: anything that isn't an element set, a cut-off one, a wrong checksum,
 * a field that is none, a catalogue number twice, SGP4-XP elements, more than `TLE_LIMITS`.
 */
export function parseTle(text: string, source = 'TLE'): Tle[] {
  if (text.length > TLE_LIMITS.sizeBytes)
    throw new InvalidInput(
      `${source} has ${text.length} characters; ${TLE_LIMITS.sizeBytes} are the most.`,
      'Split it.',
    );
  const satellites: Tle[] = [];
  const lineOf = new Map<string, number>();
  const pending: Pending = { name: undefined, line1: undefined };
  for (const { content, line } of linesOf(text)) {
    const tle = take(content, line, pending, source);
    if (tle === undefined) continue;
    const before = lineOf.get(tle.catalogNumber);
    if (before !== undefined)
      refuse(
        source,
        tle.line,
        `satellite ${tle.catalogNumber} is on line ${before} already`,
        'Keep the newer of the two.',
      );
    if (satellites.length === TLE_LIMITS.satellites)
      refuse(source, tle.line, `there are more than ${TLE_LIMITS.satellites} satellites`, 'Split the file.');
    lineOf.set(tle.catalogNumber, tle.line);
    satellites.push(tle);
  }
  if (pending.line1 !== undefined)
    refuse(source, pending.line1.line, 'line 2 of the element set is missing', AGAIN);
  if (pending.name !== undefined)
    refuse(source, pending.name.line, `"${pending.name.content}" is followed by no element set`, AGAIN);
  if (satellites.length === 0) throw new InvalidInput(`${source} holds no element set.`, AGAIN);
  return satellites;
}

interface Line {
  content: string;
  line: number;
}

interface Pending {
  name: Line | undefined;
  line1: Line | undefined;
}

const AGAIN = 'Fetch the file again, or leave this satellite out.';

function refuse(source: string, line: number, what: string, fix: string): never {
  throw new InvalidInput(`${source}:${line}: ${what}.`, fix);
}

function* linesOf(text: string): Generator<Line> {
  let line = 0;
  for (const raw of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    line++;
    const content = raw.trimEnd();
    if (content !== '' && !content.startsWith('#')) yield { content, line };
  }
}

/** Takes one line and returns the element set that it completes. */
function take(content: string, line: number, pending: Pending, source: string): Tle | undefined {
  if (pending.line1 !== undefined) return complete({ content, line }, pending, source);
  if (/^1 {1,5}\S/.test(content) && (pending.name !== undefined || /^1 [ \w]{5}/.test(content))) {
    const complaint = lineComplaint(content, 1);
    if (complaint !== undefined) refuse(source, line, complaint, AGAIN);
    pending.line1 = { content, line };
    return undefined;
  }
  if (pending.name !== undefined)
    refuse(
      source,
      line,
      `after the name "${pending.name.content}" comes "${shown(content)}", not line 1 of an element set`,
      AGAIN,
    );
  if (/^2 [ \w]{5} /.test(content))
    refuse(source, line, 'line 2 of an element set comes without its line 1', AGAIN);
  const name = content.replace(/^0 /, '').trim();
  if (name.length === 0 || name.length > TLE_LIMITS.nameLength || /\p{Cc}/u.test(name))
    refuse(
      source,
      line,
      `"${shown(content)}" is neither an element set nor a name of up to ${TLE_LIMITS.nameLength} characters`,
      AGAIN,
    );
  pending.name = { content: name, line };
  return undefined;
}

function complete(second: Line, pending: Pending, source: string): Tle {
  const { name, line1: first } = pending as { name: Line | undefined; line1: Line };
  const complaint = lineComplaint(second.content, 2);
  if (complaint !== undefined) refuse(source, second.line, complaint, AGAIN);
  const read = readFields(first.content, second.content);
  if ('complaint' in read)
    refuse(source, read.number === 1 ? first.line : second.line, read.complaint, AGAIN);
  pending.name = undefined;
  pending.line1 = undefined;
  return {
    ...read.fields,
    name: name?.content ?? read.fields.catalogNumber,
    line1: first.content,
    line2: second.content,
    line: first.line,
  };
}

const shown = (content: string): string => (content.length > 40 ? `${content.slice(0, 40)}…` : content);
