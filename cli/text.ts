/** Words and numbers for people. */

/** Without the control characters by which a name or a message could take over the terminal; line breaks stay. */
export function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�');
}

/** On one line, cut to `width`. */
export function oneLine(text: string, width = Infinity): string {
  const line = clean(text.replaceAll(/\s*[\r\n]+\s*/g, ' '));
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** `850 ms`, `4.2 s`, `3 min 05 s`, `2 h 07 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (minutes < 60) return `${minutes} min ${two(Math.floor((ms % 60_000) / 1_000))} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${two(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const count = (value: number, noun: string): string =>
  `${value.toLocaleString('en-US')} ${noun}${value === 1 ? '' : 's'}`;

/** Columns padded to their widest cell, two blanks between; the last one isn't padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  '),
    )
    .join('\n');
}

/** `2026-11-21 07:20:05`, in the machine's time zone. */
export function localTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-11-21 07:20:05`, UTC: satellites and contact plans know no time zone. */
export const utcTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** `9.6 kbit/s`, `250 Mbit/s`. */
export function bitRate(bitsPerSecond: number): string {
  if (bitsPerSecond > 1e18) return 'any';
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let value = bitsPerSecond;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}
