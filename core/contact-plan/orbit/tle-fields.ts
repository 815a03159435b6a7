/**
 * The columns of a two-line element set: https://celestrak.org/NORAD/documentation/tle-fmt.php; catalogue numbers
 * in Alpha-5: https://www.space-track.org/documentation#tle-alpha5.
 */

const LINE_LENGTH = 69;
/** I and O look like digits and are left out. */
const ALPHA_5 = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
/** The elements of SGP4-XP look alike and mean something else. */
const SGP4_XP = '4';

const DECIMAL = /^ *\d*\.\d+ *$/;
const ASSUMED_POINT = /^[ +-]\d{5}[ +-]\d$/;

/** What is wrong with a line, or nothing. */
export type Complaint = string | undefined;

export interface Fields {
  /** As written, without blanks. */
  catalogNumber: string;
  epochMs: number;
  /** ṅ, twice what the line holds. */
  meanMotionDotRevPerDay2: number;
  inclinationDeg: number;
  eccentricity: number;
  meanMotionRevPerDay: number;
}

/** Modulo 10: digits count for what they are, a minus for one, everything else for nothing. */
export function checksum(line: string): number {
  let sum = 0;
  for (let column = 0; column < LINE_LENGTH - 1; column++) {
    const code = line.charCodeAt(column);
    if (code >= 48 && code <= 57) sum += code - 48;
    else if (code === 45) sum++;
  }
  return sum % 10;
}

/** The number behind a five-column catalogue number, undefined where it is none. */
export function catalogNumberOf(columns: string): number | undefined {
  const text = columns.trim();
  if (/^\d{1,5}$/.test(text)) return Number(text);
  const letter = ALPHA_5.indexOf(text[0] ?? '');
  return /^[A-Z]\d{4}$/.test(text) && letter >= 0
    ? (letter + 10) * 10_000 + Number(text.slice(1))
    : undefined;
}

/** What both lines have in common: length, characters, number of the line, checksum, catalogue number. */
export function lineComplaint(line: string, number: 1 | 2): Complaint {
  if (line.length < LINE_LENGTH)
    return `line ${number} of an element set has ${line.length} characters instead of ${LINE_LENGTH}: it is cut off`;
  if (line.length > LINE_LENGTH)
    return `line ${number} of an element set has ${line.length} characters instead of ${LINE_LENGTH}`;
  if (!/^[\x20-\x7e]*$/.test(line)) return 'an element set is plain ASCII, and this line is not';
  if (!line.startsWith(`${number} `))
    return `line ${number} of an element set begins "${number} ", not "${line.slice(0, 2)}"`;
  const said = line[LINE_LENGTH - 1]!;
  const sum = checksum(line);
  if (said !== String(sum)) return `the checksum is "${said}" and comes to ${sum}`;
  if (catalogNumberOf(line.slice(2, 7)) === undefined)
    return `the catalogue number "${line.slice(2, 7)}" is neither five digits nor Alpha-5 (a letter but I and O, four digits)`;
  return undefined;
}

/** Fields of two lines that `lineComplaint` has nothing against. Returns the complaint and the line that it is about, otherwise. */
export function readFields(
  line1: string,
  line2: string,
): { fields: Fields } | { complaint: string; number: 1 | 2 } {
  const complain = (number: 1 | 2, complaint: string) => ({ complaint, number });
  const catalogNumber = line1.slice(2, 7).trim();
  const type = line1[62]!;
  if (type === SGP4_XP)
    return complain(1, 'the ephemeris type is 4 (SGP4-XP), which SGP4 would propagate wrongly');
  if (!/[ \d]/.test(type)) return complain(1, `the ephemeris type is "${type}", not a digit`);
  if (catalogNumber !== line2.slice(2, 7).trim())
    return complain(2, `it belongs to satellite ${line2.slice(2, 7).trim()}, line 1 to ${catalogNumber}`);

  const epochMs = epochOf(line1.slice(18, 32));
  if (epochMs === undefined)
    return complain(1, `the epoch "${line1.slice(18, 32)}" is no year and day of that year`);
  const dot = line1.slice(33, 43);
  if (!/^[ +-]\.\d{8}$/.test(dot))
    return complain(1, `the mean motion's derivative "${dot}" is no number like " .00000123"`);
  for (const [from, to, name] of [
    [44, 52, "mean motion's second derivative"],
    [53, 61, 'drag term B*'],
  ] as const)
    if (!ASSUMED_POINT.test(line1.slice(from, to)))
      return complain(1, `the ${name} "${line1.slice(from, to)}" is no number like " 12345-4"`);

  const angles = [
    [8, 16, 180, 'inclination'],
    [17, 25, 360, 'ascending node'],
    [34, 42, 360, 'argument of perigee'],
    [43, 51, 360, 'mean anomaly'],
  ] as const;
  for (const [from, to, most, name] of angles) {
    const text = line2.slice(from, to);
    if (!DECIMAL.test(text) || Number(text) > most)
      return complain(2, `the ${name} "${text}" is no angle from 0 to ${most} degrees`);
  }
  if (!/^\d{7}$/.test(line2.slice(26, 33)))
    return complain(2, `the eccentricity "${line2.slice(26, 33)}" is no seven digits`);
  const motion = line2.slice(52, 63);
  // 17.5 revolutions a day would graze the ground.
  if (!DECIMAL.test(motion) || Number(motion) <= 0 || Number(motion) > 17.5)
    return complain(2, `the mean motion "${motion}" is no number of revolutions a day between 0 and 17.5`);
  return {
    fields: {
      catalogNumber,
      epochMs,
      meanMotionDotRevPerDay2: 2 * Number(dot),
      inclinationDeg: Number(line2.slice(8, 16)),
      eccentricity: Number(`0.${line2.slice(26, 33)}`),
      meanMotionRevPerDay: Number(motion),
    },
  };
}

/** `YYDDD.DDDDDDDD`; years 57 to 99 are of the last century. */
function epochOf(text: string): number | undefined {
  const match = /^(\d\d)([ \d]{2}\d\.\d{8})$/.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]) + (Number(match[1]) < 57 ? 2000 : 1900);
  const day = Number(match[2]);
  const days = year % 4 === 0 ? 366 : 365;
  return day >= 1 && day < days + 1 ? Date.UTC(year, 0, 1) + (day - 1) * 86_400_000 : undefined;
}
